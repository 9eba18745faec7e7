"""What the programs of clients are given, and what is told of how they end."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from suites_sample import Read

from stages.machine.references import Reference
from stages.machine.secret_stores.__main__ import LATER
from suites.clients.runner import Clients
from suites.errors import ClientFailed, NotMeasured
from suites.seam.target import SecretFile, SecretReference, SecretVariable

CANARY = "canary-4f1d"


@pytest.fixture
def clients(read: Read, target_document: dict[str, Any]) -> Clients:
    target_document["secrets"]["admin_password"] = {"env": "PROD_ADMIN"}
    return Clients(read(target_document))


def test_a_client_sees_the_clouds_and_variables_of_the_target_and_no_others(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "OS_PASSWORD", "PROD_OTHER", "PROD_ADMIN"):
        monkeypatch.setenv(name, CANARY)
    shown = json.loads(
        clients.run([sys.executable, "-c", "import os,json; print(json.dumps(dict(os.environ)))"], within=10)
    )
    assert shown["OS_CLIENT_CONFIG_FILE"] == str(clients.target.clouds)
    assert shown["OS_CLOUD"] == "staging"
    assert shown["PATH"] == os.environ["PATH"]
    assert [name for name, value in shown.items() if value == CANARY] == ["PROD_ADMIN"]
    assert CANARY not in repr(clients)


def test_a_client_that_takes_too_long_is_ended_and_told(clients: Clients) -> None:
    with pytest.raises(ClientFailed, match=r"no answer within 0\.2 s"):
        clients.run(["sleep", "5"], within=0.2)


def test_the_last_words_of_a_failed_client_are_told(clients: Clients) -> None:
    with pytest.raises(ClientFailed, match="ended with 3: last words"):
        clients.run(["sh", "-c", "echo first >&2; echo last words >&2; exit 3"], within=5)


def test_a_client_module_answers_json_and_its_failure_is_one_line(clients: Clients) -> None:
    answer = clients.ask("suites.clients.endpoint_client", {"endpoints": {"nobody": "127.0.0.1:1"}})
    assert "refused" in answer["nobody"]
    with pytest.raises(ClientFailed, match="ValidationError"):
        clients.ask("suites.clients.endpoint_client", {})


def written_by_stages(text: str) -> SecretReference:
    found: SecretReference = TypeAdapter(SecretReference).validate_json(
        json.dumps(Reference.parse(text).to_json())
    )
    return found


def test_what_stages_writes_is_what_suites_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROD_ADMIN", CANARY)
    (tmp_path / "admin").write_text(f"{CANARY}\n")
    variable, file = written_by_stages("env:PROD_ADMIN"), written_by_stages(f"file:{tmp_path}/admin")
    assert (variable, file) == (SecretVariable("PROD_ADMIN"), SecretFile(tmp_path / "admin"))
    assert variable.read() == file.read() == CANARY
    assert CANARY not in repr((variable, file))
    for reference in (variable, file):
        assert TypeAdapter(SecretReference).validate_python(reference.to_json()) == reference


def printing(script: str) -> dict[str, Any]:
    return {"program": ["sh", "-c", script, "vault:kv/prod#admin"], "passed_on": "STAGEGATE_SECRET_ADMIN"}


def test_what_a_program_prints_is_passed_on_in_a_variable_and_asked_for_once(
    read: Read, target_document: dict[str, Any], tmp_path: Path
) -> None:
    script = f"echo asked >> {tmp_path}/asked; printf %s {CANARY}"
    target_document["secrets"]["admin_password"] = printing(script)
    clients = Clients(read(target_document))
    shows = [sys.executable, "-c", "import os; print(os.environ['STAGEGATE_SECRET_ADMIN'])"]
    assert [clients.run(shows, within=10) for _ in range(2)] == [f"{CANARY}\n"] * 2
    assert (tmp_path / "asked").read_text() == "asked\n"
    secret = clients.target.secrets["admin_password"]
    assert (secret.read(), secret.to_json()) == (CANARY, {"env": "STAGEGATE_SECRET_ADMIN"})


@pytest.mark.parametrize(
    ("script", "why"),
    [("echo first >&2; echo it is sealed >&2; exit 1", "it is sealed"), ("true", "there is no value")],
)
def test_a_program_that_prints_nothing_fails_the_client_with_its_words(
    read: Read, target_document: dict[str, Any], script: str, why: str
) -> None:
    target_document["secrets"]["admin_password"] = printing(script)
    with pytest.raises(ClientFailed, match=f"vault:kv/prod#admin: {why}"):
        Clients(read(target_document)).run(["true"], within=5)


def test_a_store_that_is_away_says_nothing_about_the_stage_and_is_asked_once(
    read: Read, target_document: dict[str, Any], tmp_path: Path
) -> None:
    script = f"echo asked >> {tmp_path}/asked; echo it is sealed >&2; exit {LATER}"
    target_document["secrets"]["admin_password"] = printing(script)
    clients = Clients(read(target_document))
    for use in (clients.require_secrets, lambda: clients.run(["true"], within=5)):
        with pytest.raises(NotMeasured, match=r"vault:kv/prod#admin: .* for now: it is sealed"):
            use()
    assert (tmp_path / "asked").read_text() == "asked\n"


def test_clients_that_start_together_ask_once(
    read: Read, target_document: dict[str, Any], tmp_path: Path
) -> None:
    script = f"echo asked >> {tmp_path}/asked; sleep 0.2; printf %s {CANARY}"
    target_document["secrets"]["admin_password"] = printing(script)
    clients = Clients(read(target_document))
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(clients.require_secrets) for _ in range(4)]:
            done.result()
    assert (tmp_path / "asked").read_text() == "asked\n"


def test_a_program_that_is_silent_for_too_long_says_nothing_either(
    read: Read, target_document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("suites.seam.printing.PROGRAM_WITHIN_S", 0.2)
    target_document["secrets"]["admin_password"] = printing("exec sleep 5")
    with pytest.raises(NotMeasured, match=r"did not end within 0\.2 s"):
        Clients(read(target_document)).require_secrets()


def test_a_program_that_is_not_there_fails_the_client(read: Read, target_document: dict[str, Any]) -> None:
    missing = {"program": ["/does/not/exist", "vault:kv/prod#admin"], "passed_on": "STAGEGATE_SECRET_ADMIN"}
    target_document["secrets"]["admin_password"] = missing
    with pytest.raises(ClientFailed, match=r"vault:kv/prod#admin: .* failed: FileNotFoundError"):
        Clients(read(target_document)).require_secrets()


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROD_ADMIN", raising=False)
    with pytest.raises(LookupError, match=r"the variable PROD_ADMIN, which .* is not set"):
        SecretVariable("PROD_ADMIN").read()
