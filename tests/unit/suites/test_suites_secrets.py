import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from stages.machine.references import Reference
from suites.clients.runner import Clients
from suites.seam.target import SecretFile, SecretReference, SecretVariable, read_target

CANARY = "canary-4f1d"


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


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROD_ADMIN", raising=False)
    with pytest.raises(LookupError, match=r"the variable PROD_ADMIN, which .* is not set"):
        SecretVariable("PROD_ADMIN").read()


def test_a_client_gets_the_variables_that_the_target_refers_to_and_no_others(
    tmp_path: Path, target_document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    target_document["secrets"]["admin_password"] = {"env": "PROD_ADMIN"}
    monkeypatch.setenv("PROD_ADMIN", CANARY)
    monkeypatch.setenv("PROD_OTHER", "another")
    path = tmp_path / "target.json"
    path.write_text(json.dumps(target_document))
    clients = Clients(read_target(path))
    shown = clients.run(
        [sys.executable, "-c", "import os,json; print(json.dumps(dict(os.environ)))"], within=10
    )
    assert json.loads(shown)["PROD_ADMIN"] == os.environ["PROD_ADMIN"]
    assert "PROD_OTHER" not in shown
    assert CANARY not in repr(clients)
