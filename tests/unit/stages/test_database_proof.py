"""What a backup must have to count: looks at databases, compared."""

import os
from pathlib import Path
from typing import Any

import pytest
from programs import executable

from stages.roles.database.proof import ProofError, chosen, copy, differences, quiet

AT = "2026-11-29 06:53:02"
EARLIER = "2026-11-29 06:52:59"
EXPECTED: dict[str, Any] = {
    "heads": {"keystone": ["abc"]},
    "tables": ["keystone.alembic_version", "keystone.user"],
    "rows": {"keystone.user": 2},
    "mark": "b1",
}


def tables(**written: str) -> dict[str, Any]:
    return {name: {"rows": 1, "written": when} for name, when in written.items()}


def test_only_tables_that_nobody_wrote_to_are_compared() -> None:
    before = {"at": AT, "tables": tables(still=EARLIER, never="", busy=EARLIER, just=AT, gone=EARLIER)}
    now = {"tables": tables(still=EARLIER, never="", busy=AT, just=AT)}
    assert quiet(before, now) == ["still", "never"]


def test_of_each_schema_the_largest_are_counted_that_take_no_long_time() -> None:
    sizes = {"a.t1": 5, "a.t2": 9, "a.t3": 7, "a.t4": 8, "a.huge": 10_000_000, "a.empty": 0, "b.t1": 1}
    seen = {name: {"rows": rows, "written": ""} for name, rows in sizes.items()}
    assert chosen(seen, list(seen)) == ["a.t2", "a.t4", "a.t3", "b.t1"]


def test_a_copy_that_has_all_has_no_differences_and_may_have_more_tables() -> None:
    assert differences(EXPECTED, {**EXPECTED, "tables": [*EXPECTED["tables"], "keystone.more"]}) == []


@pytest.mark.parametrize(
    ("has", "told"),
    [
        (
            {"heads": {"keystone": ["old"]}},
            "schema keystone has the revisions ['old'], and should have ['abc']",
        ),
        ({"tables": ["keystone.user"]}, "1 tables are missing: keystone.alembic_version"),
        ({"rows": {"keystone.user": 1}}, "keystone.user has 1 rows, and should have 2"),
        ({"mark": "b0"}, "what was written just before it is missing: b1"),
    ],
)
def test_whatever_a_copy_lacks_is_told(has: dict[str, Any], told: str) -> None:
    assert differences(EXPECTED, {**EXPECTED, **has}) == [told]


def test_a_copy_on_which_no_server_starts_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    log = tmp_path / "server.log"
    executable(tmp_path / "mariadbd", f"#!/bin/sh\necho 'InnoDB: corrupted page' > {log}\nexit 1\n")
    executable(tmp_path / "mariadb", "#!/bin/sh\nexit 1\n")
    with pytest.raises(ProofError, match="no server starts on what was restored from it: InnoDB: corrupted"):
        copy({"expected": EXPECTED, "folder": str(tmp_path / "copy")})
