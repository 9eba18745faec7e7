"""What is recorded beside the data is known, and whether it is recorded is asked both ways.

The script is the rendered one; SQLite stands in for the database.
"""

import subprocess
from pathlib import Path

import pytest
from stage_sample import content
from stand_in import install

from stages.openstack import pending

SCRIPT = "/usr/local/lib/stagegate/applied"
STAND_IN = """\
import sqlite3, sys
found = sqlite3.connect(":memory:")
found.execute(f"ATTACH {PLACE!r} AS stagegate")
found.execute("CREATE TABLE IF NOT EXISTS stagegate.applied (name TEXT PRIMARY KEY, revision TEXT)")
found.execute("CREATE TABLE dual AS SELECT 1")
for statement in sys.argv[-1].split(";"):
    for row in found.execute(statement):
        print(*row)
found.commit()
"""


@pytest.fixture
def host(programs: Path) -> Path:
    install(programs, "mariadb", f"PLACE = {str(programs / 'database')!r}\n{STAND_IN}")
    script = programs / "applied"
    script.write_text(content("prod", "identity-blue-1", SCRIPT))
    return script


def passes(host: Path, *arguments: str) -> bool:
    done = subprocess.run(("sh", host, *arguments), capture_output=True, timeout=20, check=False)
    return done.returncode == 0


def test_what_was_noted_is_known_and_not_lacking(host: Path) -> None:
    assert not passes(host, "known", "ended/nova", "2025.2")
    assert passes(host, "lacks", "ended/nova", "2025.2")
    assert passes(host, "note", "ended/nova", "2025.2")
    assert passes(host, "known", "ended/nova", "2025.2")
    assert not passes(host, "lacks", "ended/nova", "2025.2")
    assert passes(host, "lacks", "ended/nova", "2026.1")


def test_a_database_that_does_not_answer_neither_knows_nor_lacks(host: Path) -> None:
    install(host.parent, "mariadb", "raise SystemExit(1)\n")
    assert not passes(host, "known", "ended/nova", "2025.2")
    assert not passes(host, "lacks", "ended/nova", "2025.2")


def test_that_schemas_wait_is_told_until_it_is_noted_that_they_do_not(host: Path) -> None:
    def told() -> str | None:
        said = subprocess.run(pending.ASK, capture_output=True, timeout=20, check=True, text=True)
        return pending.before([{pending.FACT: said.stdout.strip()}], "2026.2")

    assert passes(host, "known", "anything", "1") is False
    assert told() is None
    assert passes(host, *pending.note("2026.1", "2026.2").run[1:])
    assert told() == "2026.1"
    assert passes(host, *pending.note_none().run[1:])
    assert told() is None
