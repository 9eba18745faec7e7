"""A referenced value goes to the hosts that need it, through stdin, and is seen nowhere else.

What stages answers is all that ledger, evidence, logs and notes can hold of it.
"""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from config_sample import append
from podman_stand_in import Podman
from pydantic import TypeAdapter
from secret_grounds import GROUNDS, Ground
from ssh_stand_in import Ssh
from vault_server import Server

from stages.machine import secrets
from stages.machine.substrates import ssh
from stages.machine.substrates.connections import Connections
from stages.requests import lab as lab_verbs
from stages.requests.answering import answer
from stages.requests.context import Context
from suites.seam.target import SecretReference

CANARY, UNFIT = "canary-2b8f.XyZ~7", "canary-2b8f'; DROP"
SECRET = "database_probe_password"  # one that a database and the suites get


@pytest.fixture(params=GROUNDS, ids=lambda make: make.__name__)
def ground(
    request: pytest.FixtureRequest, tmp_path: Path, vault: Server, monkeypatch: pytest.MonkeyPatch
) -> Ground:
    folder = tmp_path / "kept"
    folder.mkdir()
    made: Ground = request.param(folder, vault)
    made.keep(CANARY)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return made


@pytest.fixture
def asked(ground: Ground, config: Path, tmp_path: Path, lab: Podman) -> dict[str, Any]:
    """A request about stage prod, which has a database, and refers to a secret of it."""
    append(config, "stages/prod.yaml", f"\nsecrets:\n  {SECRET}: {ground.keep(CANARY)}\n")
    record = tmp_path / "site/leases/prod.json"
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"token": 12}))
    request = {"protocol": 1, "site": str(tmp_path / "site"), "config": str(config), "stage": "prod"}
    request |= {"release": "r1", "token": 12, "artifacts": {"image": "sha256:new"}}
    context = Context.of(request, changes=True)
    blueprint = context.draft.blueprint
    ssh.configure(context.site, blueprint)
    database = blueprint.host("database-1").address
    lab.stands(context.site.id, "prod", operator=blueprint.operator, database_1=database)
    lab.put(images={"sha256:new": []}, made=list(lab.kept["containers"]))
    secrets.ensure(context.site, "prod", blueprint.secrets, context.draft.references)
    return request


def told(verb: str, request: dict[str, Any], **parts: object) -> dict[str, Any]:
    with Connections() as connections:
        return answer(verb, {**request, **parts}, print, connections)


def texts_of(site: Path) -> str:
    return "\n".join(file.read_text(errors="replace") for file in site.rglob("*") if file.is_file())


def command_lines() -> str:
    """The arguments of every process of this machine."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            found.append((process / "cmdline").read_text(errors="replace"))
    return "\n".join(found)


def test_a_value_reaches_its_host_by_stdin_and_is_in_no_answer_output_argument_or_file(
    asked: dict[str, Any], hosts: Ssh, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    answers = [told("plan", asked), told("begin", asked, new=False)]
    assert [one["ok"] for one in answers] == [True, True], answers
    assert any(sent["secrets"].get(SECRET) == CANARY for sent in hosts.requests("database-1"))
    output = capfd.readouterr()
    seen = [json.dumps(answers), output.out, output.err, json.dumps(hosts.argvs())]
    assert CANARY not in "\n".join([*seen, texts_of(tmp_path / "site"), texts_of(tmp_path / "config")])


def test_a_value_that_does_not_fit_is_told_by_its_place_and_not_repeated(
    asked: dict[str, Any],
    ground: Ground,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reference = ground.keep(UNFIT)
    for name, value in ground.environment.items():
        monkeypatch.setenv(name, value)
    refused = told("begin", asked, new=False)
    lines = (tmp_path / "config/stages/prod.yaml").read_text().splitlines()
    line = lines.index(f"  {SECRET}: {reference}") + 1
    column = len(f"  {SECRET}: ") + 1
    assert refused["error"] == {
        "what": f"there is no usable value for {SECRET}",
        "where": f"{tmp_path}/config/stages/prod.yaml:{line}:{column}",
        "why": f"{reference}: its content is not 8 to 128 letters, digits and . _ ~ -",
        "next": refused["error"]["next"],
    }
    assert refused["error"]["next"]
    output = capfd.readouterr()
    assert "canary" not in json.dumps(refused) + output.out + output.err + texts_of(tmp_path / "site")


def test_suites_read_it_by_what_the_target_has_which_is_no_value(
    asked: dict[str, Any], tmp_path: Path
) -> None:
    result = told("target", asked)
    assert result["ok"], result["error"]
    document = Path(result["path"]).read_text()
    reference: SecretReference = TypeAdapter(SecretReference).validate_python(
        json.loads(document)["secrets"][SECRET]
    )
    assert reference.read() == CANARY
    assert CANARY not in document + repr(reference) + texts_of(tmp_path / "site")


def test_a_command_inside_the_stage_gets_the_administrators_password_in_a_variable(
    asked: dict[str, Any], ground: Ground, tmp_path: Path
) -> None:
    append(tmp_path / "config", "stages/prod.yaml", f"  admin_password: {ground.keep(CANARY)}\n")
    assert told("target", asked)["ok"]
    argv, environment = lab_verbs.command(Context.of(asked, changes=True), ["openstack", "server", "list"])
    assert environment["OS_PASSWORD"] == CANARY
    assert CANARY not in " ".join(argv) + texts_of(tmp_path / "site")


def test_no_process_shows_a_value_or_what_opens_it(ground: Ground) -> None:
    argv = [sys.executable, "-m", "stages.machine.secret_stores", str(ground.keep(CANARY))]
    lines = set()
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env={**os.environ, **ground.environment}) as child:
        while child.poll() is None:
            lines.add(command_lines())
        assert child.stdout is not None
        assert child.stdout.read() == CANARY.encode()
    private = [CANARY]
    for name in ("VAULT_TOKEN", "VAULT_ID_TOKEN", "VAULT_SECRET_ID", "STAGEGATE_AGE_IDENTITY"):
        private += [ground.environment[name]] if name in ground.environment else []
    assert any(str(ground.keep(CANARY)) in text for text in lines), "the child was seen"
    assert [value for value in private if any(value in text for text in lines)] == []
