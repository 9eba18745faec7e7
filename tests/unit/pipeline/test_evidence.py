"""`promote --evidence-into DIR`: what a run left, where a CI server can take it from."""

from collections.abc import Callable
from pathlib import Path

import pytest
from desk import Desk, green, open_attempt, red, rollback_fails

from pipeline.core.errors import LeaseLost


@pytest.fixture
def into(desk: Desk, tmp_path: Path) -> Path:
    """Where evidence goes; the site has the folders of some attempts, as their gates would make them."""
    desk.bench.site = tmp_path / "site"
    for attempt in ("p1", "p2", "p3"):
        folder = desk.bench.site / "runs" / attempt / "smoke-1"
        folder.mkdir(parents=True)
        (folder / "junit.xml").write_text(f"<testsuite name='{attempt}'/>")
    return tmp_path / "checkout" / "evidence"


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_evidence_of_a_green_run_and_its_release_are_copied(desk: Desk, into: Path) -> None:
    assert desk(*green(desk), "--evidence-into", str(into)) == 0

    assert files(into) == ["p1/smoke-1/junit.xml", "release"]
    assert (into / "release").read_text().strip() == desk.bench.revisions.pin.id


def test_the_copied_release_is_what_the_next_stage_takes(desk: Desk, into: Path) -> None:
    desk(*green(desk), "--evidence-into", str(into))
    desk.bench.commit("second", a="2")
    desk("--stage", "dev")

    assert desk("--stage", "staging", "--release", (into / "release").read_text().strip()) == 0

    assert desk.document("status")["stages"][1]["verified"] == "r1"


def test_a_red_run_is_copied_too_and_stays_red(desk: Desk, into: Path) -> None:
    assert desk(*red(desk), "--evidence-into", str(into)) == 3

    assert "p1/smoke-1/junit.xml" in files(into)


def test_the_return_that_a_run_caused_is_copied_and_no_other_run(desk: Desk, into: Path) -> None:
    assert desk(*rollback_fails(desk), "--evidence-into", str(into)) == 8

    assert files(into) == ["p2/smoke-1/junit.xml", "p3/smoke-1/junit.xml", "release"]
    assert (into / "release").read_text().strip() == desk.bench.revisions.pin.id


def test_evidence_that_cannot_be_copied_is_told_and_changes_no_verdict(desk: Desk, into: Path) -> None:
    into.parent.write_text("in the way")

    assert desk(*green(desk), "--evidence-into", str(into)) == 0

    assert "could not be copied" in desk.err
    assert "p1" in desk.out


def interrupted(desk: Desk) -> int:
    desk.bench.quiet.after = 4
    return 143


def lease_lost(desk: Desk) -> int:
    desk.bench.quiet.lost = LeaseLost("the lease on dev was lost")
    return 5


def crashes(desk: Desk) -> int:
    desk.bench.world.errors["step a"] = RuntimeError("what nobody thought of")
    return 1


@pytest.mark.parametrize("way_out", [interrupted, lease_lost, crashes])
def test_a_run_that_did_not_come_to_its_end_is_copied_too(
    desk: Desk, into: Path, way_out: Callable[[Desk], int]
) -> None:
    code = way_out(desk)

    assert desk(*green(desk), "--evidence-into", str(into)) == code

    assert files(into) == ["p1/smoke-1/junit.xml", "release"]
    assert (into / "release").read_text().strip() == desk.bench.revisions.pin.id


def test_evidence_of_another_run_in_the_stage_is_not_ours(desk: Desk, into: Path) -> None:
    assert desk(*open_attempt(desk), "--evidence-into", str(into)) == 9

    assert not into.exists()


def test_a_refused_run_copies_nothing(desk: Desk, into: Path) -> None:
    assert desk("--stage", "staging", "--evidence-into", str(into)) != 0

    assert not into.exists()


def test_a_release_that_nobody_left_is_refused_and_not_guessed(desk: Desk) -> None:
    desk(*green(desk))

    assert desk("--stage", "staging", "--release", "") == 2

    assert desk.document("status")["stages"][1]["standing"] is None


def test_the_option_belongs_to_the_main_job_alone(desk: Desk, into: Path) -> None:
    assert desk("--evidence-into", str(into), "status") == 2
