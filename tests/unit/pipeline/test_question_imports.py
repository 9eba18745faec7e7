"""A question imports only what it needs: most of the time it takes is that of its imports."""

import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from programs import ended

from pipeline.cli.verbs import VERBS

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]
QUESTIONS = {
    "status": ("status",),
    "status of one stage": ("status", "dev"),
    "why": ("why", "--stage", "staging"),
    "history": ("history", "--limit", "20"),
    "show": ("show", "p1"),
    "releases": ("releases",),
    "audit": ("audit", "--stage", "dev"),
    "hold": ("hold", "--reason", "a freeze"),
    "reject": ("reject", "r1", "--reason", "a defect"),
    "verify": ("ledger", "verify"),
}
# All others start programs, fetch, copy releases or build environments.
ADAPTERS = {
    "clock_system", "files", "fold_version", "leases", "ledger_file", "ledger_leases", "ledger_rows",
    "ledger_sqlite", "ledger_upgrade", "signals", "snapshot_file", "snapshots_sqlite", "surroundings",
    "this_process",
}  # fmt: skip
SLOW = {
    "alembic", "psycopg", "sqlalchemy",  # of a shared ledger
    "boto3", "botocore", "tarfile",  # of a store
    "concurrent.futures", "dateutil", "jwt", "logging", "pipeline.bootstrap.workshop", "pipeline.ports",
    "pipeline.tool_ports", "rich", "shutil", "socket", "subprocess", "tempfile", "yaml", "zoneinfo",
}  # fmt: skip
PROGRAM = """
import json, sys
from pipeline.cli.app import run
code = run(sys.argv[1:])
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def imported(*argv: str) -> set[str]:
    """The modules that are loaded when this command ends with success."""
    inherited = {name: value for name, value in os.environ.items() if name != "STAGEGATE_LEDGER"}
    environment = {**inherited, "PYTHONPATH": str(REPOSITORY)}
    done = ended(sys.executable, "-c", PROGRAM, *argv, check=True, env=environment)
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with two promotions, a rollback and a hold."""
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as file:
        file.executescript((HERE / "ledgers" / "file-1.sql").read_text())
    return tmp_path


@pytest.mark.parametrize("argv", QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_imports_no_more_than_it_needs(site: Path, argv: tuple[str, ...]) -> None:
    modules = imported(*argv, "--site", str(site))
    prefix = "pipeline.adapters."
    adapters = {name.removeprefix(prefix) for name in modules if name.startswith(prefix)}
    assert "ledger_sqlite" in adapters
    assert not adapters - ADAPTERS
    assert not modules & SLOW


def test_help_imports_neither_a_verb_nor_a_port() -> None:
    modules = imported("--help")
    assert "pipeline.cli.verbs" in modules
    verbs = {module for module, _ in VERBS.values()}
    ports = {"pipeline.adapters", "pipeline.bootstrap", "pipeline.core.events", "pipeline.workshop"}
    own = {"shutil"}  # click asks it for the width of the terminal
    assert not modules & (verbs | ports | SLOW - own)
