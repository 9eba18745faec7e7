"""One highly available stage comes to the next release under clients, and changes over ten times each way.

Its only gate is smoke, which makes no fault, so every request that fails was failed by the upgrade. Upgrades
with every gate are measured by test_upgrade_figures.py. Into docs/performance.md.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkout import Checkout
from page import rounds, table, write_chapter
from upgrading import (
    AFTER,
    BEFORE,
    EVERY_SERVICE,
    answering,
    asks_for,
    counted_by_haproxy,
    failed_in,
    writes,
)
from watching import Watch, watched

pytestmark = [pytest.mark.prove, pytest.mark.timeout(4 * 3600)]

STAGE = "staging"
TIMES = rounds(10)
LEAST_REQUESTS = 10_000
TIMES_BASELINE = 2.0
WITHIN_S = 5400.0
SWITCHED = f"Clients change from one colour to the other and back, {TIMES} times"


@dataclass(frozen=True)
class Change:
    """One change of a stage, and what clients saw of it."""

    what: str
    seconds: float
    watch: Watch
    written: int
    lost: list[str]
    counted: dict[str, int]

    def row(self) -> tuple[str, ...]:
        probe, worst = max(self.watch.measures.items(), key=lambda item: item[1].longest_gap_s)
        failed, late = (sum(len(one) for one in of.values()) for of in (self.watch.failed, self.watch.late))
        gap = f"{worst.longest_gap_s:.2f} s ({probe})"
        lost = f"{len(self.lost)} of {self.written}"
        told = ", ".join(f"{what} {number}" for what, number in self.counted.items())
        return (
            self.what,
            f"{self.seconds:.0f} s",
            f"{self.watch.requests}",
            f"{failed}",
            f"{late}",
            lost,
            gap,
            told,
        )


@pytest.fixture(scope="module")
def stage(holder_of_the_image: None) -> Iterator[Checkout]:  # noqa: ARG001 - of the image it takes over
    """A clone whose only stage runs the older release, verified by smoke alone, as each leg is."""
    with closing(Checkout("switch-figures").fresh().with_staging_alone().with_smoke_alone()) as checkout:
        checkout.edit("config/stages/staging.yaml", "rehearse: true", "rehearse: false")
        checkout.commit("No rehearsal")
        asks_for(checkout, BEFORE)
        checkout.promote("--stage", STAGE, expect=0, within=WITHIN_S)
        yield checkout


def changed(checkout: Checkout, what: str, into: Path, *arguments: str) -> Change:
    """Run `promote` under clients of every service."""
    with watched(checkout.target_path(STAGE), into, EVERY_SERVICE) as watch:
        begun = time.monotonic()
        checkout.promote(*arguments, expect=0, within=WITHIN_S)
        seconds = time.monotonic() - begun
    assert watch.left == ()
    written, lost = writes(checkout, STAGE, into, EVERY_SERVICE)
    return Change(what, seconds, watch, written, lost, counted_by_haproxy(checkout))


def tell(title: str, changes: list[Change], *more: str) -> None:
    header = ("change", "took", "requests", "failed", "late", "lost writes", "longest gap", "HAProxy counted")
    write_chapter(title, table(header, [one.row() for one in changes]), *more)


def sound(change: Change) -> None:
    assert failed_in(change.watch) == {}, change.what
    assert change.lost == [], change.what
    assert change.counted.get("requests"), f"{change.what}: load balancers counted nothing"


def test_no_request_fails_during_the_whole_upgrade(stage: Checkout, tmp_path: Path) -> None:
    asks_for(stage, AFTER)
    upgrade = changed(stage, f"{BEFORE} to {AFTER}", tmp_path, "--stage", STAGE)
    tell(f"What clients notice of an upgrade from {BEFORE} to {AFTER}", [upgrade])
    sound(upgrade)
    assert upgrade.watch.requests >= LEAST_REQUESTS
    assert answering(stage, STAGE) == {"green"}


def test_no_request_fails_in_ten_switches_each_way(stage: Checkout, tmp_path: Path) -> None:
    """The stage is as the test before has left it: green serves, blue is held.

    What a change costs is what clients miss besides what its gate costs them, which loads the machine, too.
    """
    with watched(stage.target_path(STAGE), tmp_path / "quiet", EVERY_SERVICE) as quiet:
        stage.promote("gate", "smoke", "--stage", STAGE, expect=0, within=WITHIN_S)
    assert failed_in(quiet) == {}
    changes: list[Change] = []
    for number in range(1, TIMES + 1):
        for what, colour, arguments in (
            ("back", "blue", ("rollback", "--stage", STAGE)),
            ("again", "green", ("--stage", STAGE)),
        ):
            name = f"{what} {number}"
            changes.append(changed(stage, name, tmp_path / name.replace(" ", "-"), *arguments))
            told = f"The longest gaps while smoke ran and nothing changed: {gaps(quiet)}.\n"
            tell(SWITCHED, changes, told)  # after each: what was measured is not lost to the next one
            assert answering(stage, STAGE) == {colour}
    for change in changes:
        sound(change)
    assert sum(one.watch.requests for one in changes) >= LEAST_REQUESTS
    assert [line for one in changes for line in longer(one, quiet)] == []


def gaps(watch: Watch) -> str:
    return ", ".join(f"{probe} {one.longest_gap_s:.2f} s" for probe, one in watch.measures.items())


def longer(change: Change, quiet: Watch) -> list[str]:
    """The probes that went without an answer for more than twice as long as ever without a change."""
    return [
        f"{change.what}: {probe} had none for {seen.longest_gap_s:.2f} s, and at most {most:.2f} s may be"
        for probe, seen in change.watch.measures.items()
        if seen.longest_gap_s > (most := TIMES_BASELINE * quiet.measures[probe].longest_gap_s)
    ]
