"""All stages, as the config has them, come from one OpenStack release to the next; into docs/performance.md.

Each gate runs, those that make faults, too. So clients are watched in prod alone, where none is made; what
they notice in staging is measured by test_switch_figures.py.
"""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import made_before
import pytest
from checkout import Checkout
from memory import most_used, used_megabytes
from page import table, write_chapter
from seen_fields import counted, differences, digests
from upgrading import AFTER, BEFORE, EVERY_SERVICE, LOCKS, answering, asks_for, failed_in, writes
from watching import watched

pytestmark = [pytest.mark.prove, pytest.mark.timeout(6 * 3600)]

STAGES = ("dev", "staging", "prod")
WATCHED = "prod"
RELEASES = [AFTER, *(release for release in ("2026.2",) if (LOCKS / f"{release}.txt").exists())]
A_RELEASE_S = 45 * 60.0
MOST_MB = 22 * 1024
WITHIN_S = 2 * 3600.0
# As staging has it. Else the four logins a second of the clients would take one of two cores: they would fail
# for want of a machine, and not by the upgrade.
CHEAP_LOGINS = "\nsettings:\n  identity:\n    password_hash_rounds: 4\n"


@dataclass(frozen=True)
class Line:
    """A clone whose stages all run a release, and the memory in use before any of them stood."""

    checkout: Checkout
    idle_mb: int


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    idle = used_megabytes()
    with closing(Checkout("upgrade-figures").fresh()) as checkout:
        file = checkout.path / f"config/stages/{WATCHED}.yaml"
        file.write_text(file.read_text() + CHEAP_LOGINS)
        checkout.commit("Logins that cost clients of the test no time of the machine")
        asks_for(checkout, BEFORE)
        for stage in STAGES:
            checkout.promote("--stage", stage, expect=0, within=WITHIN_S)
        yield Line(checkout, idle)


@pytest.fixture
def data(line: Line) -> dict[str, made_before.Before]:
    """What users of each stage have made under the release that serves now, with only one colour standing.

    The test uses it and deletes it; what a red one leaves goes with its lab.
    """
    made = {}
    for stage in STAGES:
        line.checkout.promote("retire", "--stage", stage, "--yes", expect=0, within=WITHIN_S)
        with made_before.administrator(line.checkout.target_path(stage)) as api:
            made[stage] = made_before.make(api)
    return made


def shown(checkout: Checkout) -> dict[str, Any]:
    """The last attempt, with what was forecast of each leg beside what it took."""
    return checkout.promote("show", checkout.history()[-1]["id"], "-o", "json", expect=0).document


def leg_rows(stage: str, document: dict[str, Any]) -> list[tuple[str, ...]]:
    def seconds(value: float | None) -> str:
        return "nothing was known" if value is None else f"{value:.0f} s"

    return [
        (stage, leg["leg"], seconds(leg["forecast_s"]), seconds(leg["took_s"])) for leg in document["legs"]
    ]


def upgraded(checkout: Checkout, into: Path) -> tuple[dict[str, float], list[tuple[str, ...]], str]:
    """Take all stages to what the config asks for; return seconds and legs, and what clients of prod saw."""
    took, legs = {}, list[tuple[str, ...]]()
    for stage in STAGES:
        begun = time.monotonic()
        if stage == WATCHED:
            with watched(checkout.target_path(stage), into, EVERY_SERVICE) as watch:
                begun = time.monotonic()
                checkout.promote("--stage", stage, expect=0, within=WITHIN_S)
                took[stage] = time.monotonic() - begun
        else:
            checkout.promote("--stage", stage, expect=0, within=WITHIN_S)
            took[stage] = time.monotonic() - begun
        document = shown(checkout)
        assert document["legs"], f"{stage} was no takeover"
        legs += leg_rows(stage, document)
    assert (failed_in(watch), watch.left) == ({}, ())
    written, lost = writes(checkout, WATCHED, into, EVERY_SERVICE)
    assert lost == []
    told = f"Of {watch.requests} requests to {WATCHED} meanwhile, none failed"
    return took, legs, f"{told}; of {written} writes, none is lost.\n"


def compare(checkout: Checkout, before: dict[str, made_before.Before]) -> list[tuple[str, ...]]:
    """Look that users see what they had made, use all of it and delete it; return the counts and digests."""
    rows: list[tuple[str, ...]] = []
    for stage, was in before.items():
        with made_before.administrator(checkout.target_path(stage)) as api:
            now = made_before.seen(api)
            assert differences(was.seen, now) == [], stage
            assert counted(now) == dict.fromkeys(made_before.SORTS, made_before.OF_EACH)
            same = digests(was.seen, now)
            assert same == digests(was.seen, was.seen), stage
            rows += [(stage, kind, f"{len(now[kind])}", same[kind][:12]) for kind in now]
            made_before.use(api, was)
            made_before.delete(api, was)
    return rows


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_goes_through_all_stages(
    line: Line, data: dict[str, made_before.Before], release: str, tmp_path: Path
) -> None:
    checkout = line.checkout
    planes = {stage: answering(checkout, stage) for stage in STAGES}
    asks_for(checkout, release)
    with most_used() as most:
        took, legs, clients = upgraded(checkout, tmp_path)
    memory = most.megabytes - line.idle_mb
    total = sum(took.values())
    rows: list[tuple[str, ...]] = [
        (stage, f"{seconds:.0f} s") for stage, seconds in {**took, "all": total}.items()
    ]
    chapter = (
        f"An upgrade of all stages to OpenStack {release}",
        f"One run, unattended, with every gate. A login costs {WATCHED} as little as it costs staging.\n",
        table(("stage", "took"), rows),
        clients,
        f"At most {memory} MB of memory more were in use than before any stage stood.\n",
        "### What was forecast, and what it took\n",
        table(("stage", "leg", "forecast", "took"), legs),
    )
    write_chapter(*chapter)  # hours of upgrading are not lost to what follows
    same = table(("stage", "kind", "count", "digest"), compare(checkout, data))
    write_chapter(*chapter, "### What users had made before, and see after it\n", same)
    assert all(answering(checkout, stage) != planes[stage] for stage in STAGES)
    assert memory <= MOST_MB
    assert total <= A_RELEASE_S
