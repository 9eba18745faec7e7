"""What a release's children get of their surroundings: no repository, no foreign bytecode, a whole PATH."""

import importlib.util
import json
import os
import py_compile
import sys
from pathlib import Path

import pytest
from pinning import copy, pinned
from programs import ended, executable
from repositories import commit

from pipeline.adapters.bytecode import bytecode_folder
from pipeline.adapters.children import child_environment
from pipeline.adapters.git import git
from pipeline.adapters.homes import Home, released
from pipeline.adapters.postgres.address import parse
from pipeline.adapters.revisions_git import GitRevisions
from pipeline.adapters.surroundings import inherited
from pipeline.adapters.venvs import Venvs
from pipeline.core.errors import TryAgain, UsageProblem

UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH


def said(home: Home, program: str) -> str:
    done = ended(sys.executable, "-c", program, cwd=home.code, env=child_environment(home))
    return done.stdout.strip() or done.stderr


@pytest.fixture
def home(revisions: GitRevisions, repository: Path, site: Path) -> Home:
    """A release whose module says that it is the one that was pinned."""
    commit(repository, {"module.py": "print('pinned')\n"})
    checkout = pinned(revisions)
    assert copy(site, checkout).is_dir()
    return released(site, lambda _: Path(sys.executable))(checkout.pin.id)


def test_compiled_python_beside_a_copy_is_not_run(home: Home, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text("print('planted')\n")
    place = home.code / "__pycache__" / Path(importlib.util.cache_from_source("module.py")).name
    py_compile.compile(str(other), str(place), doraise=True, invalidation_mode=UNCHECKED)

    assert said(home, "import module") == "pinned"


def test_compiled_python_without_source_is_refused(home: Home, tmp_path: Path, site: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text("print('planted')\n")
    py_compile.compile(str(other), str(home.code / "extra.pyc"), doraise=True)

    with pytest.raises(UsageProblem, match="differs from what was pinned"):
        released(site, lambda _: Path(sys.executable))(home.code.parent.name)


def test_what_was_compiled_is_used_again(home: Home, site: Path) -> None:
    said(home, "import module")

    assert list((site / "bytecode").rglob("module.*.pyc"))
    assert not list(home.code.rglob("*.pyc"))


def test_bytecode_that_others_can_write_is_refused(tmp_path: Path) -> None:
    assert bytecode_folder(tmp_path) == bytecode_folder(tmp_path)
    (tmp_path / "bytecode").chmod(0o777)

    with pytest.raises(UsageProblem, match="cannot be trusted") as caught:
        bytecode_folder(tmp_path)
    assert caught.value.next == f"rm -r {tmp_path}/bytecode"


def test_bytecode_that_leads_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "bytecode").symlink_to("elsewhere")

    with pytest.raises(UsageProblem, match="cannot be trusted"):
        bytecode_folder(tmp_path)


def test_a_child_gets_no_repository_but_ssh_and_credentials(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG", "PYTHONPYCACHEPREFIX"):
        monkeypatch.setenv(name, "/somewhere")
    kept = {"GIT_SSH_COMMAND": "ssh -4", "GIT_ASKPASS": "/bin/true", "https_proxy": "http://proxy:3128"}
    for name, value in kept.items():
        monkeypatch.setenv(name, value)

    shown = json.loads(said(home, "import json, os; print(json.dumps(dict(os.environ)))"))

    assert {name: shown.get(name) for name in kept} == kept
    assert not [name for name, value in shown.items() if value == "/somewhere"]


@pytest.mark.parametrize(
    "address",
    [
        "u@db/ledger?sslmode=require&password=env:LEDGER_PASSWORD",
        "u@db/ledger?password=env%3ALEDGER_PASSWORD",
        "u@db/ledger?password=%65nv:LEDGER%5fPASSWORD",
        "u@db/ledger?pass%77ord=env:LEDGER_PASSWORD",
        "u@db/ledger?sslpassword=env:LEDGER_PASSWORD",
        "u:env:LEDGER_PASSWORD@db/ledger",
        "u:env%3aLEDGER_PASSWORD@db/ledger",
        "u:env:LEDGER_PASSWORD@[::1]:5432/ledger#1",
        "u:env:OTHER@db,db2:5/ledger?password=env:LEDGER_PASSWORD",
    ],
)
def test_what_opens_a_shared_ledger_reaches_no_child(address: str) -> None:
    ours = {"LEDGER_PASSWORD": "secret", "PGPASSFILE": "/file", "PGPASSWORD": "secret"}
    url = f"postgresql://{address}"

    assert "secret" in parse(url).connection(ours).values()
    assert inherited({"STAGEGATE_LEDGER": url, "PGHOST": "db", **ours}) == {"PGHOST": "db"}
    assert inherited(ours) == ours  # without a shared ledger they are for something else


@pytest.mark.parametrize(
    "url",
    ["postgresql://u:\tenv:PW@db/l", "postgresql://u:env:P?password=env:Q@db/l", "postgresql://[u@db/l"],
)
def test_an_address_whose_password_could_be_overlooked_is_refused(url: str) -> None:
    with pytest.raises(UsageProblem, match="cannot be used"):
        parse(url)
    assert inherited({"STAGEGATE_LEDGER": url}) == {}


def test_what_proves_who_runs_this_process_reaches_no_child(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGEGATE_ID_TOKEN", "proof")
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("git", "uv"):
        executable(folder / name, f"#!/bin/sh\nenv >>{tmp_path}/seen\nexit 3\n")
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/runtime.txt").touch()

    assert "STAGEGATE_ID_TOKEN" not in child_environment(home)
    with pytest.raises(UsageProblem, match="git status failed"):
        git(tmp_path, "status")
    with pytest.raises(TryAgain, match="could not be built"):
        Venvs(tmp_path / "site", str).python_for(tmp_path)

    seen = (tmp_path / "seen").read_text().splitlines()
    assert len([line for line in seen if line.startswith("PATH=")]) == 2
    assert not [line for line in seen if "proof" in line]


def test_the_credential_helper_of_a_job_gets_the_jobs_token_though_gitlab_is_told_by_it(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = '!printf "username=gitlab-ci-token\\npassword=%s\\n" "$CI_JOB_TOKEN"; :'
    settings = {"COUNT": "1", "KEY_0": "credential.https://git.example.helper", "VALUE_0": helper}
    for name, value in settings.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    for name in ("CI_JOB_TOKEN", "STAGEGATE_GITLAB_TOKEN"):
        monkeypatch.setenv(name, "t0ken")

    told = git(tmp_path, "credential", "fill", given=b"protocol=https\nhost=git.example\n\n")
    assert b"password=t0ken\n" in told
    assert "t0ken" not in child_environment(home).values()


@pytest.mark.parametrize("path", ["/usr/bin:/bin", "", None])
def test_a_child_finds_programs_where_a_cron_job_does_not(
    home: Home, path: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PATH") if path is None else monkeypatch.setenv("PATH", path)
    found = said(home, "import os; print(os.environ['PATH'])").split(os.pathsep)

    assert found[: len(path.split(":"))] == path.split(":") if path else found
    assert {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"} == set(found)
