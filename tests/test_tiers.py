"""Every test runs under one target of make, and no other."""

import re
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from labs import LONG, askers, is_done_with, ordered

ROOT = Path(__file__).resolve().parents[1]
MARKS = ("processes", "lab", "prove")


@pytest.mark.parametrize(
    "marks", [dict(zip(MARKS, has, strict=True)) for has in product((True, False), repeat=3)]
)
def test_whatever_marks_a_test_has_one_call_of_pytest_runs_it(marks: dict[str, bool]) -> None:
    asked = re.findall(r"pytest .*?-m (\"[^\"]+\"|\w+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(asked) == 3
    chosen = [words for words in asked if eval(words.strip('"'), {}, marks)]  # noqa: S307 - our own Makefile
    assert len(chosen) == 1, chosen


def test_the_marks_are_all_there_are(pytestconfig: pytest.Config) -> None:
    ours = [line.partition(":")[0] for line in pytestconfig.getini("markers") if "make" in line]
    assert sorted(ours) == sorted(MARKS)


@pytest.mark.parametrize(("fixture", "has"), [("machine", True), ("sample", True), ("machines", False)])
def test_who_asks_for_a_program_of_ours_has_the_mark_by_that(
    pytestconfig: pytest.Config, fixture: str, *, has: bool
) -> None:
    conftest = pytestconfig.pluginmanager.get_plugin(str(ROOT / "tests" / "conftest.py"))
    given: list[str] = []
    item = SimpleNamespace(fixturenames=["tmp_path", fixture], add_marker=given.append)
    conftest.pytest_collection_modifyitems([item])
    assert given == (["processes"] if has else [])


def test_files_that_take_long_are_there() -> None:
    assert {path.name for path in (ROOT / "tests/e2e").glob("test_*.py")} >= LONG


def test_the_image_is_built_beside_tests_that_need_none() -> None:
    def item(name: str, mark: str, *fixtures: str) -> pytest.Item:
        stand_in = SimpleNamespace(
            path=Path(name), fixturenames=fixtures, get_closest_marker=lambda asked: asked == mark or None
        )
        return cast("pytest.Item", stand_in)

    one, two = item("e2e/a", "lab", "shared"), item("e2e/b", "lab", "shared")
    control_plane, beside_it = item("e2e/0", "lab", "whole"), item("e2e/0", "lab")
    own, quick, program = item("contract", "lab"), item("unit/a", ""), item("unit/b", "processes")
    upgrade = item("e2e/test_upgrade.py", "lab")
    items = [own, control_plane, beside_it, one, two, quick, program, upgrade]
    assert ordered(items) == [one, quick, program, control_plane, upgrade, own, beside_it, two]
    assert ordered([quick, program]) == [quick, program]
    assert is_done_with("whole", control_plane, own)
    assert not is_done_with("whole", control_plane, control_plane)
    assert not is_done_with("whole", control_plane, None)  # its fixture ends it
    assert not is_done_with("whole", own, two)


def test_tests_of_the_lab_that_stands_once_stay_together_and_those_beside_them_do_not(tmp_path: Path) -> None:
    file = tmp_path / "test_hosts.py"
    file.write_text(
        "def seeded(whole): ...\ndef test_red(seeded, gate): ...\n"
        "def test_plan(whole): ...\ndef test_small(shared): ...\n"
    )
    assert askers(file) == {"seeded", "test_red", "test_plan"}
