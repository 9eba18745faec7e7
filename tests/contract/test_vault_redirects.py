"""Through whom a request may go: what proves who asks is shown to no proxy and to no other server."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from vault_server import Server

from stages.machine.secret_stores.retried import TRIES
from stages.machine.secret_stores.store import Unread
from stages.machine.secret_stores.vault import Vault
from stages.machine.secret_stores.vault_errors import explained
from stages.machine.secret_stores.vault_session import StrayRedirect, VaultSession

CANARY = "canary-83ae.XyZ~7"
STRAY = "redirects to an address without https://, or otherwise than a standby does"


@dataclass
class StandIn:
    """A server that redirects every request to the same path elsewhere, and what it was shown."""

    address: str
    shown: list[tuple[str, str | None, bytes]] = field(default_factory=list)


@contextmanager
def redirecting(to: str, status: int = 307) -> Iterator[StandIn]:
    """A server on this machine; it answers 404 if there is nowhere to go."""

    class Redirecting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.shown.append((self.path, self.headers.get("X-Vault-Token"), body))
            self.send_response(status if to else 404)
            self.send_header("Location", f"{to}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the library's word

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Redirecting) as server:
        found = StandIn(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


def read(environment: dict[str, str], place: str = "two/any#admin") -> str | Unread:
    with closing(Vault(environment, sleep=lambda _: None)) as store:
        return store.read(place)


def test_what_a_standby_passes_on_to_the_active_node_is_read_there(vault: Server) -> None:
    vault.put("two/passed-on", {"admin": CANARY})
    with redirecting(vault.url) as standby:
        environment = vault.environment(VAULT_TOKEN=vault.token(), VAULT_ADDR=standby.address)
        assert read(environment, "two/passed-on#admin") == CANARY
    assert standby.shown


def test_from_this_machine_to_itself_a_request_may_go_in_plain_text() -> None:
    with redirecting("") as active, redirecting(active.address) as standby:
        found = read({"VAULT_ADDR": standby.address, "VAULT_TOKEN": CANARY})
    assert isinstance(found, Unread)
    assert found.why == "there is nothing, or its newest version was deleted"
    assert [token for _, token, _ in active.shown] == [CANARY]


@pytest.mark.parametrize(
    ("to", "status"),
    [
        ("http://vault.invalid:8200", 307),
        ("ftp://127.0.0.1", 307),
        (f"https://user:{CANARY}@127.0.0.1:1", 307),
        ("https://127.0.0.1:1", 302),
        ("https://127.0.0.1:1", 303),
    ],
)
@pytest.mark.parametrize(
    "proof",
    [
        {"VAULT_TOKEN": CANARY},
        {"VAULT_ID_TOKEN": CANARY, "VAULT_AUTH_ROLE": "promoter"},
        {"VAULT_ROLE_ID": "runner", "VAULT_SECRET_ID": CANARY},
    ],
    ids=min,
)
def test_nothing_is_asked_where_others_could_read_along(proof: dict[str, str], to: str, status: int) -> None:
    with redirecting(to, status) as server:
        found = read({"VAULT_ADDR": server.address, **proof})
    assert isinstance(found, Unread)
    assert (found.why, found.transient) == (f"{server.address} {STRAY}", False)
    assert found.next
    assert CANARY not in repr(found)
    assert len(server.shown) == 1


def test_with_tls_a_request_goes_on_with_tls_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even to this machine: whoever listens there is not the server that was asked."""
    with redirecting("") as other, redirecting(other.address) as here:
        real = "https://vault.example:8200/v1/two/any"
        send = HTTPAdapter.send

        def sent(
            adapter: HTTPAdapter,
            request: PreparedRequest,
            **parts: Any,  # noqa: ANN401 - the library's, passed on as they are
        ) -> Response:
            assert request.url
            request.url = request.url.replace("https://vault.example:8200", here.address)
            return send(adapter, request, **parts)

        monkeypatch.setattr(HTTPAdapter, "send", sent)
        with closing(VaultSession()) as session, pytest.raises(StrayRedirect) as raised:
            session.request("GET", real, headers={"X-Vault-Token": CANARY})
    assert (len(here.shown), other.shown) == (1, [])
    assert explained(raised.value, "it", 1).why == f"it {STRAY}"


def test_of_two_redirects_the_second_is_not_followed() -> None:
    with redirecting("") as third, redirecting(third.address) as second, redirecting(second.address) as first:
        found = read({"VAULT_ADDR": first.address, "VAULT_TOKEN": CANARY})
    assert isinstance(found, Unread)
    assert (found.why, found.transient) == (
        f"{first.address} redirects to a server that redirects, too",
        True,
    )
    assert (len(first.shown), len(second.shown), third.shown) == (TRIES, TRIES, [])


def proxied(monkeypatch: pytest.MonkeyPatch, proxy: StandIn) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy.address)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_what_is_for_this_machine_goes_through_no_proxy(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with redirecting("") as proxy, redirecting("") as server:
        proxied(monkeypatch, proxy)
        found = read({"VAULT_ADDR": server.address.replace("127.0.0.1", name), "VAULT_TOKEN": CANARY})
    assert isinstance(found, Unread)
    assert [token for _, token, _ in server.shown] == [CANARY]
    assert proxy.shown == []


def test_what_is_for_others_goes_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with redirecting("") as proxy, closing(VaultSession()) as session:
        proxied(monkeypatch, proxy)
        session.request("GET", "http://vault.invalid:8200/v1/two/any")
    assert [path for path, _, _ in proxy.shown] == ["http://vault.invalid:8200/v1/two/any"]
