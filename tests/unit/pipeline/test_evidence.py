"""`promote --evidence-into DIR`: what a run left, where a CI server can take it from."""

from pathlib import Path

import pytest
from desk import WAYS, Desk, Way, broken, green, red, rollback_fails

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


def interrupted(desk: Desk) -> list[str]:
    desk.bench.quiet.after = 4
    return green(desk)


def lease_lost(desk: Desk) -> list[str]:
    desk.bench.quiet.lost = LeaseLost("the lease on dev was lost")
    return green(desk)


@pytest.mark.parametrize(
    ("way", "code", "attempts"),
    [
        pytest.param(green, 0, ["p1"], id="green"),
        pytest.param(red, 3, ["p1"], id="red"),
        pytest.param(rollback_fails, 8, ["p2", "p3"], id="with its rollback, and no other run"),
        pytest.param(interrupted, 143, ["p1"], id="interrupted"),
        pytest.param(lease_lost, 5, ["p1"], id="lease lost"),
        pytest.param(broken("step a", RuntimeError("a bug")), 1, ["p1"], id="crashed"),
    ],
)
def test_however_a_run_ends_its_evidence_and_its_release_are_copied(
    desk: Desk, into: Path, way: Way, code: int, attempts: list[str]
) -> None:
    assert desk(*way(desk), "--evidence-into", str(into)) == code

    assert files(into) == [*(f"{attempt}/smoke-1/junit.xml" for attempt in attempts), "release"]
    assert (into / "release").read_text().strip() == desk.bench.revisions.pin.id


def test_the_copied_release_is_what_the_next_stage_takes(desk: Desk, into: Path) -> None:
    desk(*green(desk), "--evidence-into", str(into))
    desk.bench.commit("second", a="2")
    desk("--stage", "dev")

    assert desk("--stage", "staging", "--release", (into / "release").read_text().strip()) == 0

    assert desk.document("status")["stages"][1]["verified"] == "r1"


def test_evidence_that_cannot_be_copied_is_told_and_changes_no_verdict(desk: Desk, into: Path) -> None:
    into.parent.write_text("in the way")

    assert desk(*green(desk), "--evidence-into", str(into)) == 0

    assert "could not be copied" in desk.err
    assert "p1" in desk.out


@pytest.mark.parametrize("name", ["open_attempt", "not_verified_before"])
def test_a_refused_run_copies_nothing_not_even_of_another_run(desk: Desk, into: Path, name: str) -> None:
    way, code = WAYS[name]
    assert desk(*way(desk), "--evidence-into", str(into)) == code

    assert not into.exists()


def test_a_release_that_nobody_left_is_refused_and_not_guessed(desk: Desk) -> None:
    desk(*green(desk))

    assert desk("--stage", "staging", "--release", "") == 2

    assert desk.document("status")["stages"][1]["standing"] is None
