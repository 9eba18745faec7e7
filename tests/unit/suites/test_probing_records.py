"""Records that probes make: each is looked for later, deleted again, and missed where it is lost."""

import http.client
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from answered import serving

from suites.probes import records
from suites.probes.loop import RefusedError
from suites.probes.order import Order
from suites.probes.records import KEPT, MADE, SHAPES, RecordClient, Trail, cleared, connecting, lost
from suites.probes.spec import RECORDS, Kind
from suites.seam.target import SecretFile


@dataclass
class Api:
    """What a stand-in for an API has, by path, and was asked; a method in `refusing` gets a 500."""

    held: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refusing: set[str] = field(default_factory=set)
    number: int = 0

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        self.asked.append(f"{method} {path}")
        if method in self.refusing:
            return 500, b"out of order"
        if method == "POST":
            return 201, self._made(path, json.loads(body))
        if method == "PUT":
            self.held[path] = None
            return 201, b""
        if path not in self.held:
            return 404, b""
        if method == "DELETE":
            del self.held[path]
        return 204, b""

    def _made(self, path: str, document: dict[str, Any]) -> bytes:
        self.number += 1
        values = document if "name" in document else next(iter(document.values()))
        values["id"] = f"r{self.number}"
        self.held[f"{path}/{values['id']}"] = values
        return json.dumps(document).encode()


@contextmanager
def served(api: Api) -> Iterator[str]:
    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = api.answer(self.command, self.path, body)
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - so are they called

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with serving(Answering) as url:
        yield url


@pytest.fixture
def api() -> Api:
    return Api()


@contextmanager
def asking(api: Api, kind: Kind, into: Path) -> Iterator[tuple[RecordClient, ExitStack]]:
    """A client as a probe process gets it, and what it closes at its end."""
    with served(api) as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "take_token", lambda *_: "t")
        patch.setattr(records, "password_request", lambda _: "{}")
        order = Order(kind=kind, into=into, prefix="p", at=f"{url}/v9", password=SecretFile(file=into))
        with ExitStack() as made:
            client = connecting(order, made)()
            assert isinstance(client, RecordClient)
            made.callback(client.close)
            yield client, made


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind in RECORDS], ids=str)
def test_every_kind_makes_reads_and_deletes_and_leaves_nothing(api: Api, kind: Kind, tmp_path: Path) -> None:
    with asking(api, kind, tmp_path) as (client, made):
        for number in range(3 * KEPT):
            client.ask(f"p-{kind.value}-{number}")
        assert len(api.held) >= KEPT
        verbs = [line.split()[0] for line in api.asked]
        assert {"GET", "DELETE"} < set(verbs)
        assert all(line.split()[1].startswith(f"/v9{SHAPES[kind].path}") for line in api.asked)
        made.close()
    assert api.held == {}
    assert lost(tmp_path, kind) == (verbs.count("POST") + verbs.count("PUT"), ())


def test_an_acknowledged_record_that_is_gone_is_lost(api: Api, tmp_path: Path) -> None:
    with asking(api, Kind.NETWORK, tmp_path) as (client, made):
        for number in range(KEPT + 1):
            client.ask(f"k{number}")
        del api.held["/v9/v2.0/networks/r1"]
        del api.held["/v9/v2.0/networks/r5"]
        with pytest.raises(RefusedError, match="lost: k0"):
            client.ask("next")
        made.close()  # the other one is missed at the end
    assert lost(tmp_path, Kind.NETWORK) == (KEPT + 1, ("k0", "k4"))


def test_a_record_that_was_not_answered_for_is_neither_lost_nor_forgotten(api: Api, tmp_path: Path) -> None:
    with asking(api, Kind.GROUP, tmp_path) as (client, made):
        for number in range(KEPT + 1):
            client.ask(f"k{number}")
        for method in ("GET", "DELETE"):
            api.refusing = {method}
            with pytest.raises(RefusedError, match=f"500 to {method}: out of order"):
                client.ask("next")
            api.refusing = set()
            client.ask("next")  # looks up another one, then deletes it
        made.close()
    assert api.held == {}
    assert lost(tmp_path, Kind.GROUP)[1] == ()


def test_what_can_t_be_deleted_at_the_end_is_told(api: Api, tmp_path: Path) -> None:
    with asking(api, Kind.FLAVOR, tmp_path) as (client, made):
        for number in range(3):
            client.ask(f"k{number}")
        api.refusing = {"DELETE"}
        with pytest.raises(RefusedError, match="3 records could not be looked up or deleted: 500"):
            made.close()


def test_a_write_that_was_refused_was_not_acknowledged(api: Api, tmp_path: Path) -> None:
    with asking(api, Kind.VOLUME_TYPE, tmp_path) as (client, _):
        api.refusing = {"POST"}
        with pytest.raises(RefusedError, match="500 to POST"):
            client.ask("k")
    assert lost(tmp_path, Kind.VOLUME_TYPE) == (0, ())


def test_the_end_goes_on_after_a_connection_that_broke() -> None:
    trail, told = Trail(), []
    connection = http.client.HTTPConnection("127.0.0.1", 1, timeout=1)
    client = RecordClient(connection, "", "t", SHAPES[Kind.GROUP], trail, lambda *said: told.append(said))
    trail.made.extend(records.Record(f"k{n}", "/groups/g") for n in range(2))
    with pytest.raises(RefusedError, match="2 records"):
        cleared(trail, lambda: client)
    assert (told, MADE) == ([], "made")
