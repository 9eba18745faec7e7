"""What goes wrong between here and Vault is told in words, with what to do; no answer of it is repeated."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from secret_grounds import vault_approle
from vault_server import Server

from stages.machine.secret_stores.store import Unread
from stages.machine.secret_stores.vault import Vault

CANARY = "canary-41b7.XyZ~7"


def unread(environment: dict[str, str], place: str, within: float = 10.0) -> Unread:
    with closing(Vault(environment, within, sleep=lambda _: None)) as store:
        found = store.read(place)
    assert isinstance(found, Unread), "there is a value"
    assert CANARY not in repr(found)
    return found


@contextmanager
def answering(status: int, body: str) -> Iterator[dict[str, str]]:
    """The environment of a server that answers everything like this."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield {"VAULT_ADDR": f"http://127.0.0.1:{server.server_port}", "VAULT_TOKEN": "t"}
        server.shutdown()
        thread.join()


def test_a_sealed_server_is_told_and_may_answer_later(vault: Server) -> None:
    vault.put("two/sealed", {"admin": CANARY})
    environment = vault.environment(VAULT_TOKEN=vault.token())
    with vault.sealed():
        found = unread(environment, "two/sealed#admin")
    assert (found.why, found.next, found.transient) == (
        f"{vault.url} is sealed, or not ready yet",
        "vault status",
        True,
    )


def test_a_revoked_token_is_told_from_one_that_may_not(vault: Server) -> None:
    vault.put("two/denied", {"admin": CANARY})
    token = vault.token()
    with vault.root() as client:
        client.auth.token.revoke(token)
    gone = unread(vault.environment(VAULT_TOKEN=token), "two/denied#admin")
    assert gone.why == "the token has expired, was revoked, or may do nothing at all"
    assert not gone.transient
    other = vault.environment(VAULT_TOKEN=vault.token(policies=["default"]))
    denied = unread(other, "two/denied#admin")
    assert (denied.why, denied.next) == ("no policy of the token allows it to be read", "vault token lookup")


def test_a_login_that_is_refused_names_what_to_compare(vault: Server, tmp_path: Path) -> None:
    role = vault_approle(tmp_path, vault).environment
    wrong = unread({**role, "VAULT_SECRET_ID": "other"}, "two/any#admin")
    assert (wrong.why, wrong.next) == (
        "Vault refused the login at auth/approle",
        "compare VAULT_ROLE_ID with the roles there",
    )
    job = vault.environment(VAULT_ID_TOKEN=CANARY, VAULT_AUTH_PATH="elsewhere")
    assert unread(job, "two/any#admin").why == "Vault refused the login at auth/elsewhere"


def test_a_certificate_that_is_not_trusted_or_not_there_is_told(vault: Server) -> None:
    environment = vault.environment(VAULT_TOKEN="t")
    del environment["VAULT_CACERT"]
    assert unread(environment, "two/any#admin").why == f"the certificate of {vault.url} is not trusted"
    missing = unread({**environment, "VAULT_CACERT": "/does/not/exist"}, "two/any#admin")
    assert missing.why == "VAULT_CACERT names no certificate that can be read"


def test_a_server_that_is_not_there_or_silent_may_answer_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = f"http://127.0.0.1:{silent.getsockname()[1]}"
        late = unread({"VAULT_ADDR": where, "VAULT_TOKEN": "t"}, "two/any#admin", within=0.2)
    assert (late.why, late.transient) == (f"{where} gave no answer within 0.2 s", True)
    gone = unread({"VAULT_ADDR": where, "VAULT_TOKEN": "t"}, "two/any#admin")
    assert (gone.why, gone.transient) == (f"{where} can't be reached", True)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (500, f'{{"errors": ["{CANARY}"]}}', ("failed by itself", True)),
        (502, CANARY, ("what {where} passes requests on to failed", True)),
        (429, "{}", ("gets too many requests", True)),
        (501, "{}", ("is not initialised", False)),
        (418, CANARY, ("gave an unexpected answer", False)),
        (200, f"<html>{CANARY}", ("what answers is not Vault", False)),
        (200, f'["{CANARY}"]', ("what answers is not Vault", False)),
        (200, f'{{"data": "{CANARY}"}}', ("what answers is not Vault", False)),
    ],
)
def test_whatever_else_a_server_answers_has_words_and_is_not_repeated(
    status: int, body: str, told: tuple[str, bool]
) -> None:
    with answering(status, body) as environment:
        found = unread(environment, "two/any#admin")
    why, transient = told
    assert why.format(where=environment["VAULT_ADDR"]) in found.why
    assert found.transient is transient


def test_only_text_of_a_key_value_engine_is_a_secret(vault: Server) -> None:
    vault.put("two/forms", {"number": 12345678, "list": [CANARY], "empty": "", "admin": CANARY})
    environment = vault.environment(VAULT_TOKEN=vault.token())
    for key, why in (
        ("number", "the value of number is not text"),
        ("list", "the value of list is not text"),
        ("empty", "the value of empty is empty"),
        ("none", "there is no key none"),
    ):
        assert unread(environment, f"two/forms#{key}").why == why
    with vault.root() as client:
        root = vault.environment(VAULT_TOKEN=client.token)
        client.secrets.kv.v2.delete_latest_version_of_secret("forms", mount_point="two")
    assert "deleted" in unread(environment, "two/forms#admin").why
    assert unread(root, "transit/keys/any#admin").why == "transit/ is not a key-value engine"


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"VAULT_TOKEN": CANARY}, "VAULT_ADDR is not set"),
        ({"VAULT_TOKEN": CANARY, "VAULT_ADDR": "http://vault.example:8200"}, "does not begin with https://"),
        ({"VAULT_TOKEN": "t", "VAULT_ADDR": f"https://u:{CANARY}@vault.example"}, "has a password"),
        ({"VAULT_TOKEN": "t", "VAULT_ADDR": f"https://[{CANARY}"}, "VAULT_ADDR is not an address"),
        ({"VAULT_ADDR": "https://vault.example", "HOME": "/nowhere"}, "there is no token"),
        *(
            (
                {"VAULT_ADDR": "https://127.0.0.1:1", "VAULT_TOKEN": token},
                "the token of VAULT_TOKEN has a newline, a space, or another character of no token",
            )
            for token in (
                f"{CANARY}\n",
                f" {CANARY}",
                f"{CANARY} {CANARY}",
                f"{CANARY}\u00e9",
                f"\x00{CANARY}",
            )
        ),
        *(
            (
                {"VAULT_ADDR": "https://127.0.0.1:1", "VAULT_TOKEN": "t", "VAULT_NAMESPACE": name},
                "VAULT_NAMESPACE has a character of no namespace",
            )
            for name in ("team\n", " team", "\u00e9quipe")
        ),
        (
            {"VAULT_ADDR": "https://vault.example", "VAULT_TOKEN_FILE": "/"},
            "the token's file / can't be read",
        ),
    ],
)
def test_without_an_address_or_a_proof_nothing_is_asked(environment: dict[str, str], why: str) -> None:
    found = unread(environment, "two/any#admin")
    assert why in found.why
    assert found.next
    assert not found.transient


def test_a_file_with_more_than_a_token_is_told(tmp_path: Path) -> None:
    (tmp_path / ".vault-token").write_text(f"{CANARY}\n{CANARY}\n")
    found = unread({"VAULT_ADDR": "https://127.0.0.1:1", "HOME": str(tmp_path)}, "two/any#admin")
    assert f"the token of the file {tmp_path}/.vault-token has a newline" in found.why
    assert (found.next, found.transient) == ("vault login", False)
