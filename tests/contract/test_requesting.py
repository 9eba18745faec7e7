"""What everyone who sends requests to APIs must do: the stand-in of two colours, and a real client of one."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from neighbours_stand_in import OWN, TOKENS, Asked, TwoColours, Within, endpoints
from pydantic import TypeAdapter

from suites.clients.runner import Clients
from suites.components.glance.neighbours import image
from suites.errors import ClientFailed
from suites.neighbours.made import Made
from suites.neighbours.pair import Neighbour, Pair
from suites.openstack.asking import Asking, Request, Requesting, Token
from suites.seam.target import Target

SERVED = ("identity", "image")
PASSWORD = "canary-77ab"


@dataclass(frozen=True)
class Subject:
    """Who sends the requests, to where, and the colours that answer."""

    api: Requesting
    at: dict[str, str]
    colours: TwoColours

    @property
    def images(self) -> str:
        return f"{self.at['image']}/v2/images"


@contextmanager
def serving(colours: TwoColours, service: str) -> Iterator[str]:
    """Serve a service of a colour on this machine, at the address that it gets."""

    class Served(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.partition("?")[0]
            reply = colours.respond(Asked(OWN, service, self.command, path, dict(self.headers), body))
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(reply.body)))
            if reply.document is not None:
                self.send_header("Content-Type", "application/json")
            if reply.token:
                self.send_header("X-Subject-Token", reply.token)
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - http.server calls them so

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Served)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def target_at(at: dict[str, str], folder: Path) -> Target:
    """A target whose services are there, and whose clouds.yaml has no password."""
    (folder / "admin").write_text(PASSWORD)
    auth = {"username": "admin", "project_name": "admin"}
    auth |= {"user_domain_name": "Default", "project_domain_name": "Default"}
    (folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"dev": {"auth": auth}}}))
    now = "2026-11-22T16:00:00Z"
    document: dict[str, Any] = {
        "protocol": 1, "site": "s", "stage": "dev", "release": "r1", "deployed_at": now, "settled_at": now,
        "new": True, "vip": "127.0.0.1", "inside": ["env"], "ssh_config": "none", "hosts": [],
        "endpoints": at, "clouds": str(folder / "clouds.yaml"), "cloud": "dev",
        "secrets": {"admin_password": {"file": str(folder / "admin")}}, "accounts": {},
        "versions": {"python": {}},
    }  # fmt: skip
    return TypeAdapter(Target).validate_python(document)


@pytest.fixture(params=["fake", "real"])
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    colours = TwoColours()
    if request.param == "fake":
        yield Subject(Within(colours, OWN), dict(endpoints()), colours)
        return
    with ExitStack() as stack:
        roots = {service: stack.enter_context(serving(colours, service)) for service in SERVED}
        at = {"identity": f"{roots['identity']}/v3", "image": roots["image"]}
        target = target_at(at, tmp_path)
        asking = Asking(Clients(target), target)
        stack.callback(asking.stop)
        yield Subject(asking, at, colours)


def test_a_document_is_sent_and_what_is_made_is_shown_and_deleted(subject: Subject) -> None:
    made = subject.api.send(Request("POST", subject.images, {"name": "one"}))
    assert (made.status, made.document["name"], made.document["status"]) == (201, "one", "queued")
    place = f"{subject.images}/{made.document['id']}"
    shown = subject.api.send(Request("GET", f"{place}?of=no_importance"))
    assert (shown.status, shown.document["id"]) == (200, made.document["id"])
    assert subject.api.send(Request("DELETE", place)).status == 204
    assert subject.colours.left == []


def test_bytes_arrive_as_they_are_and_what_comes_back_is_told_by_its_digest(subject: Subject) -> None:
    content = bytes(range(256)) * 1024
    made = subject.api.send(Request("POST", subject.images, {"name": "one"}))
    place = f"{subject.images}/{made.document['id']}/file"
    assert subject.api.send(Request("PUT", place, content=content)).status == 204
    read = subject.api.send(Request("GET", place))
    assert (read.status, read.document) == (200, None)
    assert read.sha512 == hashlib.sha512(content).hexdigest()


def test_a_refusal_is_an_answer(subject: Subject) -> None:
    absent = subject.api.send(Request("GET", f"{subject.images}/nothing"))
    assert (absent.status, absent.document["error"]["message"]) == (404, "no such thing")


def test_another_token_is_sent_in_place_of_the_own_one(subject: Subject) -> None:
    refused = subject.api.send(Request("GET", f"{subject.images}/nothing", token=Token("made up")))
    assert refused.status == 401


def test_the_own_token_is_valid_and_neither_it_nor_a_request_shows_it(subject: Subject) -> None:
    token = subject.api.own_token()
    headers = {"X-Subject-Token": token.value}
    request = Request("GET", f"{subject.at['identity']}/auth/tokens", headers=headers, token=token)
    answer = subject.api.send(request)
    assert (answer.status, answer.document["token"]["user"]["name"]) == (200, "admin")
    assert token.value in subject.colours.tokens
    assert token.value not in repr((token, request, answer))


def test_a_walk_of_the_gate_goes_all_its_way(subject: Subject) -> None:
    neighbours = (Neighbour(colour, subject.api, subject.at) for colour in ("green", "blue"))
    pair = Pair(*neighbours)
    told = image(pair.own, pair.other, Made(pair, "one", print))
    assert told.endswith("uploaded, downloaded and deleted")
    assert subject.colours.left == []


def test_who_does_not_answer_is_told_and_the_next_request_is_answered(tmp_path: Path) -> None:
    colours = TwoColours()
    with serving(colours, "identity") as root:
        target = target_at({"identity": f"{root}/v3", "image": "http://127.0.0.1:1"}, tmp_path)
        asking = Asking(Clients(target), target)
        try:
            with pytest.raises(ClientFailed, match=r"127\.0\.0\.1:1.*: no answer"):
                asking.send(Request("GET", "http://127.0.0.1:1/v2/images"))
            assert asking.send(Request("POST", f"{root}{TOKENS}", {})).status == 201
        finally:
            asking.stop()


def broken_off() -> None:
    raise KeyboardInterrupt


def test_a_request_that_is_broken_off_does_not_leave_its_answer_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by Ctrl-C: the client is ended, and the next request starts another one."""
    colours = TwoColours()
    with serving(colours, "identity") as root:
        target = target_at({"identity": f"{root}/v3"}, tmp_path)
        asking = Asking(Clients(target), target)
        projects = Request("GET", f"{root}/v3/auth/projects")
        try:
            assert asking.send(projects).status == 200
            first = asking.process
            assert first is not None
            assert first.stdin is not None
            with monkeypatch.context() as patched:
                patched.setattr(first.stdin, "flush", broken_off)
                with pytest.raises(KeyboardInterrupt):
                    asking.send(projects)
            first.communicate(timeout=5)
            assert asking.send(projects).document == {"projects": [{"id": "p1"}, {"id": "p2"}]}
            assert asking.process is not first
        finally:
            asking.stop()
