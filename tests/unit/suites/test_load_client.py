"""The client of the load gate: what it sends and when, and what it says of each answer."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from answered import serving

from suites.load.load_client import Due, answer, slow_at_once
from suites.openstack.access import Access
from suites.seam.target import SecretFile

TOKEN = "t0ken"
GET = {"act": "read", "held": 0.0, "kind": "image-record"}


@dataclass
class Api:
    """A stand-in for an API: what it was asked, when it had that whole, and which records it has."""

    asked: list[tuple[str, float]] = field(default_factory=list)
    records: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    at: str = ""

    def paths(self) -> list[str]:
        return [what for what, _ in self.asked]


class Serving(BaseHTTPRequestHandler):
    """Answers for an Api."""

    protocol_version = "HTTP/1.1"
    api: Api

    def answered(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.api.lock:
            self.api.asked.append((f"{self.command} {self.path}", time.monotonic()))
        signed_in = self.path == "/v3/auth/tokens" or self.headers["X-Auth-Token"] == TOKEN
        self.send_response(500 if self.path == "/sick" or not signed_in else 200)
        if self.path == "/v3/auth/tokens":
            self.send_header("X-Subject-Token", TOKEN)
        text = b"{}"
        if self.command == "POST" and body and self.path.endswith("/images"):
            made = json.loads(body)["name"]
            self.api.records.add(made)
            text = json.dumps({"id": made}).encode()
        if self.command == "DELETE":
            self.api.records.remove(self.path.rpartition("/")[2])
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = answered  # noqa: N815 - so are they called

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    account = {"username": "admin", "user_domain_name": "Default"}
    project = {"project_name": "admin", "project_domain_name": "Default"}
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text(json.dumps({"clouds": {"staging": {"auth": account | project}}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(clouds))
    monkeypatch.setenv("OS_CLOUD", "staging")
    found = Api()
    with serving(type("Handler", (Serving,), {"api": found})) as url:
        found.at = url
        yield found


def sent(api: Api, tmp_path: Path, *due: dict[str, Any]) -> list[dict[str, Any]]:
    (tmp_path / "password").write_text("s3cret")
    access = Access(identity=f"{api.at}/v3", password=SecretFile(tmp_path / "password"))
    asked = [Due.model_validate({**GET, **one, "url": api.at + one["url"]}) for one in due]
    said = answer(access, "stagegate-load-1", asked)
    return json.loads(json.dumps(said["ended"]))


def test_requests_are_sent_when_they_are_due_and_told_in_their_order(api: Api, tmp_path: Path) -> None:
    ended = sent(api, tmp_path, {"at": 0.0, "url": "/one"}, {"at": 0.2, "url": "/two"})
    assert [one["error"] for one in ended] == [None, None]
    assert ended[0]["sent"] < 0.2 <= ended[1]["sent"]
    assert api.paths() == ["POST /v3/auth/tokens", "GET /one", "GET /two"]


def test_a_slow_client_ends_its_request_late_and_nobody_waits_for_it(api: Api, tmp_path: Path) -> None:
    slow, quick = sent(api, tmp_path, {"at": 0.0, "url": "/slow", "held": 0.5}, {"at": 0.1, "url": "/quick"})
    assert slow["error"] is quick["error"] is None
    assert slow["ended"] - slow["sent"] >= 0.5
    assert quick["ended"] < 0.5
    assert api.paths()[1:] == ["GET /quick", "GET /slow"]


def test_slow_clients_are_counted_so_that_those_beside_them_wait_for_no_thread() -> None:
    def due(at: float, held: float) -> Due:
        return Due.model_validate({**GET, "at": at, "url": "", "held": held})

    assert slow_at_once([due(0.0, 0.0)]) == 0
    early = [due(0.0, 1.0)] * 31
    assert slow_at_once([*early, due(0.2, 0.0), *[due(0.5, 1.0)] * 31]) == 62
    assert slow_at_once([*early, *[due(9.0, 1.0)] * 31]) == 31


def test_an_error_is_told_with_its_answer_and_stops_nothing(api: Api, tmp_path: Path) -> None:
    sick, slow, well = sent(
        api,
        tmp_path,
        {"at": 0.0, "url": "/sick"},
        {"at": 0.0, "url": "/sick", "held": 0.1},
        {"at": 0.0, "url": "/well"},
    )
    assert sick["error"] == slow["error"] == "refused: 500 {}"
    assert well["error"] is None


def test_nobody_who_listens_is_an_error_too(api: Api, tmp_path: Path) -> None:
    (said,) = sent(api, tmp_path, {"at": 0.0, "url": "0/"})  # another port
    assert "Error: " in said["error"]


def test_a_record_is_deleted_again_and_has_a_name_that_tells_whose_it_is(api: Api, tmp_path: Path) -> None:
    (said,) = sent(api, tmp_path, {"at": 0.0, "url": "", "act": "record"})
    assert said["error"] is None
    assert not api.records
    assert api.paths()[1:] == ["POST /v2/images", "DELETE /v2/images/stagegate-load-1-0"]


def test_a_login_under_load_is_by_password(api: Api, tmp_path: Path) -> None:
    (said,) = sent(api, tmp_path, {"at": 0.0, "url": "/v3/auth/tokens", "act": "sign in"})
    assert said["error"] is None
    assert api.paths() == ["POST /v3/auth/tokens"] * 2
