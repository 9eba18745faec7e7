"""A journal in which no error is found proves that there was none only if nothing of it is missing."""

import json
import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from observed import met, unmet
from suites_sample import Read

from suites.errors import ReadingFailed
from suites.faults.drills import Drilled
from suites.harness.component import Component, Ignored
from suites.hosts.reading import Observation
from suites.readings import journal, journal_gaps
from suites.seam.target import Target

DEPLOYED = datetime(2026, 11, 22, 16, tzinfo=UTC)
SETTLED = DEPLOYED + timedelta(minutes=1)
BEFORE, LATER = DEPLOYED - timedelta(hours=1), DEPLOYED + timedelta(minutes=9)
UNIT = "mariadb.service"
OWN, PUT_ASIDE, UNCLEAN = "system.journal", "system@0a-01-0006.journal", "system@0a-0006.journal~"
# A machine's start, and what it did on purpose: both ends of the time in which a host was lost.
DRILL = Drilled(LATER - timedelta(minutes=2), LATER + timedelta(minutes=2))


@pytest.fixture
def target(read: Read, target_document: dict[str, Any]) -> Target:
    return read(target_document | {"deployed_at": DEPLOYED.isoformat(), "settled_at": SETTLED.isoformat()})


def moment(at: datetime) -> str:
    return f"{at:%a %Y-%m-%d %H:%M:%S} UTC ({int(at.timestamp() * 1e6):x})"


def header(name: str, head: int, begins: datetime, ends: datetime, series: str = "aa") -> str:
    """The lines of `journalctl --header` about a file, as systemd 252 prints them."""
    return (
        f"File path: /run/log/journal/0a/{name}\nFile ID: aa\nSequential number ID: {series}\nState: ONLINE\n"
        f"Head sequential number: {head} ({head:x})\nTail sequential number: {head + 7} ({head + 7:x})\n"
        f"Head realtime timestamp: {moment(begins)}\nTail realtime timestamp: {moment(ends)}\n"
        "Tail monotonic timestamp: 19h 40min 53.251s (107f2ed39c)\nObjects: 201\n\n"
    )


def suppressed(at: datetime, unit: str = UNIT) -> str:
    entry = {
        "__CURSOR": f"{at} {unit}",
        "__REALTIME_TIMESTAMP": str(int(at.timestamp() * 1e6)),
        "SYSLOG_IDENTIFIER": "systemd-journald",
        "MESSAGE": f"Suppressed 812 messages from {unit}",
    }
    return json.dumps(entry) + "\n"


def seen(target: Target, headers: str, told: str = "", *drilled: Drilled) -> Observation:
    kept = journal_gaps.read(f"{headers}---\n{told}")
    return journal_gaps.is_whole(kept, (UNIT, "galera-check.service"), target, drilled)


WHOLE = header(OWN, 90, BEFORE, LATER)


def test_a_journal_that_begins_before_the_deployment_settled_lacks_nothing(target: Target) -> None:
    assert met(seen(target, WHOLE))
    assert met(seen(target, header(OWN, 1, DEPLOYED + timedelta(seconds=20), LATER))), (
        "the host was made then"
    )
    put_aside = header(PUT_ASIDE, 1, BEFORE, DEPLOYED) + header(OWN, 90, DEPLOYED, LATER)
    assert met(seen(target, put_aside))


@pytest.mark.parametrize(
    "headers",
    ["", header("user-1000.journal", 1, BEFORE, LATER), header(OWN, 0, BEFORE, LATER)],
    ids=["no file", "of a user alone", "without a line"],
)
def test_a_journal_that_is_missing_is_told(target: Target, headers: str) -> None:
    assert unmet(seen(target, headers)) == "no journal is kept"


def test_a_journal_whose_first_lines_are_gone_is_told_unless_its_host_was_lost_on_purpose(
    target: Target,
) -> None:
    begun = header(OWN, 4000, LATER, LATER)
    assert (
        unmet(seen(target, begun))
        == "the journal begins at 16:09:00, after the deployment: what came before it is lost"
    )
    assert met(seen(target, begun, "", DRILL))
    assert unmet(seen(target, begun, "", replace(DRILL, end=None))), "its faults may still be in effect"


def test_a_clock_that_went_back_since_the_deployment_is_told(target: Target) -> None:
    back = header(OWN, 90, BEFORE, LATER) + header(PUT_ASIDE, 1, BEFORE, LATER)
    assert unmet(seen(target, back)) == "the clock went back at 16:09:00, by 4140 s"
    unclean = header(UNCLEAN, 1, BEFORE, LATER) + header(OWN, 90, LATER - timedelta(seconds=2), LATER)
    assert unmet(seen(target, unclean)) == "the clock went back at 16:09:00, by 2 s"
    kept_right = header(PUT_ASIDE, 1, BEFORE, LATER) + header(OWN, 90, LATER - timedelta(seconds=0.5), LATER)
    assert met(seen(target, kept_right))


def test_a_clock_that_went_back_before_the_deployment_or_files_of_two_series_are_no_gap(
    target: Target,
) -> None:
    earlier = BEFORE - timedelta(hours=1)
    assert met(seen(target, header(PUT_ASIDE, 1, earlier, BEFORE) + header(OWN, 90, earlier, LATER)))
    assert met(seen(target, WHOLE + header(PUT_ASIDE, 91, BEFORE, LATER, series="bb")))


def test_lines_that_were_suppressed_since_the_deployment_are_told_of_the_units_own(target: Target) -> None:
    assert (
        unmet(seen(target, WHOLE, suppressed(LATER))) == f"812 lines of {UNIT} were suppressed until 16:09:00"
    )
    assert met(seen(target, WHOLE, suppressed(LATER, "other.service") + suppressed(BEFORE)))
    assert met(seen(target, WHOLE, suppressed(LATER), DRILL))


@pytest.mark.parametrize("text", ["", WHOLE, WHOLE.replace("Tail realtime", "Tail") + "---\n"])
def test_what_can_not_be_parsed_is_an_error_not_silence(text: str) -> None:
    with pytest.raises(ReadingFailed):
        journal_gaps.read(text)


def component(most: int) -> Component:
    ignored = Ignored(re.compile("retry .*"), "it asks again", most)
    return Component(
        "galera", lambda _: (), (UNIT,), lambda _: Observation(holds=True, seen=""), ignored=(ignored,)
    )


def lines(*texts: str, at: datetime = LATER) -> list[journal.Line]:
    return [journal.Line(at, "mariadbd", text) for text in texts]


def test_harmless_lines_that_do_not_end_are_an_error(target: Target) -> None:
    many = lines("retry 1", "retry 2", "retry 3")
    assert journal.judge(component(3), many, target).seen.endswith("3 ignored with a reason")
    found = journal.judge(component(2), many, target)
    assert (found.holds, found.seen) == (False, "3 lines that are harmless up to 2 (it asks again): retry 3")
    assert journal.judge(component(2), many, target, (DRILL,)).holds, "faults were made then"
    assert journal.judge(component(2), lines("retry 1", "retry 2", at=BEFORE) + many[1:], target).holds


def test_an_error_that_comes_many_times_is_told_once_with_its_count(target: Target) -> None:
    texts = [f"0{n} [ERROR] request {uuid.uuid4()} of {n:08x}{n:08x} failed" for n in range(7)]
    found = journal.judge(component(1), lines(*texts, "gone", "gone", "a", "b", "c"), target)
    assert found.seen == (
        f"12 errors since the deployment, the first at 16:09:00 by mariadbd (7 times): {texts[0]}"
        "; 2 by mariadbd: gone; 1 by mariadbd: a; 1 by mariadbd: b; and 1 of other kinds"
    )


def test_a_run_that_goes_on_after_its_machine_was_down_knows_only_what_came_after(
    target: Target,
) -> None:
    began_anew = header(OWN, 1, LATER, LATER + timedelta(minutes=1))
    assert not seen(target, began_anew).holds
    assert seen(replace(target, resumed_at=LATER + timedelta(seconds=1)), began_anew).holds
    assert not seen(replace(target, resumed_at=LATER - timedelta(seconds=1)), began_anew).holds
