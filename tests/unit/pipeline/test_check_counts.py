"""How often each check was green, over judgements of its gate; and how often without a defect."""

from collections.abc import Mapping

import pytest

from pipeline.core.check_counts import WHOLE, counted, verdicts_of
from pipeline.core.check_rates import ONE_IN, is_defect, is_known, rates
from pipeline.core.events import AttemptEnded, AttemptStarted, Event, Record
from pipeline.core.gate_events import GateJudged
from pipeline.core.judgement import unjudged
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.plan import Roster, RosterEntry
from pipeline.core.verdict import Evidence, Finding, Verdict

ENTRIES = tuple(
    RosterEntry(*one) for one in (("galera", "a", "up"), ("galera", "b", "up"), ("redis", "-", "one"))
)
ROSTER = Roster(ENTRIES, 60, "d1")
RED, UNKNOWN = Verdict.FAIL, Verdict.INCONCLUSIVE


def finding(check: str, host: str = "-", verdict: Verdict = RED) -> Finding:
    component, _, name = check.rpartition("/")
    return Finding(verdict, component, host, name, "it is seen")


def judged(
    attempt: str,
    *findings: Finding,
    roster: Roster | None = ROSTER,
    reused: Mapping[str, str] | None = None,
    inputs: Mapping[str, str] | None = None,
) -> GateJudged:
    evidence = Evidence(Verdict.FAIL if findings else Verdict.PASS, findings, 0, 3)
    return GateJudged(attempt, "smoke", 1, evidence, roster, inputs=inputs or {}, reused=reused or {})


def told(*events: GateJudged) -> dict[str, tuple[int, int, int]]:
    counts = counted(verdict for event in events for verdict in verdicts_of(event))
    return {one.name: (one.green, one.inconclusive, one.red) for one in counts}


def test_each_check_is_counted_once_a_run_by_its_worst_host() -> None:
    first = judged("p1", finding("galera/up", "a", UNKNOWN), finding("galera/up", "b"))
    assert told(first, judged("p2"), judged("p3", finding("redis/one", verdict=UNKNOWN))) == {
        "the gate itself": (3, 0, 0),
        "galera/up": (2, 0, 1),
        "redis/one": (2, 1, 0),
    }
    galera = counted(verdicts_of(first))[1]
    assert (galera.hosts, galera.attempts, galera.steady) == (("a", "b"), ("p1",), False)


def test_what_was_reused_was_not_run() -> None:
    assert told(judged("p1", reused={"galera/up": "p0"})) == {
        "the gate itself": (1, 0, 0),
        "redis/one": (1, 0, 0),
    }
    assert told(judged("p1", reused={"galera/up": "p0", "redis/one": "p0"})) == {}


def test_a_suite_that_did_not_finish_counts_once_and_for_no_check_that_was_not_seen() -> None:
    broken = finding("smoke", verdict=UNKNOWN)
    missing = finding("redis/one", verdict=UNKNOWN)
    assert told(judged("p1", broken, missing, finding("galera/up", "a"))) == {
        "the gate itself": (0, 1, 0),
        "galera/up": (0, 0, 1),
    }
    assert told(GateJudged("p1", "smoke", 1, unjudged("smoke", "no target"))) == {
        "the gate itself": (0, 1, 0)
    }


def test_a_failure_that_the_roster_does_not_ask_for_counts_too() -> None:
    assert told(judged("p1", finding("redis/besides")))["redis/besides"] == (0, 0, 1)


def started(attempt: str, release: str = "r", stage: str = "dev") -> AttemptStarted:
    return AttemptStarted(attempt, attempt, Kind.PROMOTE, stage, release, ("smoke",), 1)


def ledger(*events: Event) -> list[Record]:
    return [Record(number, 0.0, event) for number, event in enumerate(events, 1)]


def promoted(event: GateJudged, outcome: Outcome, release: str = "r", stage: str = "dev") -> list[Event]:
    return [started(event.attempt, release, stage), event, AttemptEnded(event.attempt, outcome)]


def red_then_verified(
    red: GateJudged, green: GateJudged, release: str = "r", stage: str = "dev"
) -> dict[str, tuple[int, int]]:
    records = ledger(
        *promoted(red, Outcome.FAILED), *promoted(green, Outcome.VERIFIED, release=release, stage=stage)
    )
    return {one.name: (one.red, one.runs) for one in rates(records)}


def test_a_red_check_of_what_is_verified_afterwards_was_red_without_a_defect() -> None:
    found = red_then_verified(judged("p1", finding("redis/one")), judged("p2"))
    assert found == {"the gate itself": (0, 2), "galera/up": (0, 2), "redis/one": (1, 2)}


def test_it_counts_as_well_when_it_was_verified_before() -> None:
    records = ledger(
        *promoted(judged("p1"), Outcome.VERIFIED),
        *promoted(judged("p2", finding("redis/one")), Outcome.OBSERVED),
    )
    assert {one.name: (one.red, one.runs) for one in rates(records)}["redis/one"] == (1, 2)


@pytest.mark.parametrize(
    ("green", "release", "stage"),
    [
        (judged("p2"), "another", "dev"),
        (judged("p2"), "r", "staging"),
        (judged("p2", roster=Roster(ENTRIES, 60, "d2")), "r", "dev"),
        (judged("p2", inputs={"redis/one": "other"}), "r", "dev"),
        (judged("p2", finding("redis/one")), "r", "dev"),
    ],
    ids=[
        "another release",
        "another stage",
        "another definition",
        "other inputs",
        "red there, too (overridden)",
    ],
)
def test_a_red_check_of_what_was_never_verified_so_may_have_been_right(
    green: GateJudged, release: str, stage: str
) -> None:
    found = red_then_verified(judged("p1", finding("redis/one")), green, release, stage)
    assert found.get("redis/one", (0, 0))[0] == 0


def test_what_a_verified_attempt_reused_is_proved_by_it() -> None:
    found = red_then_verified(
        judged("p1", finding("redis/one")), judged("p2", reused={"redis/one": "p0"}, inputs={})
    )
    assert found["redis/one"] == (1, 1)


def test_a_gate_that_broke_counts_against_itself() -> None:
    records = ledger(
        *promoted(judged("p1", finding("smoke", verdict=UNKNOWN)), Outcome.INCONCLUSIVE),
        *promoted(judged("p2"), Outcome.VERIFIED),
    )
    whole = next(one for one in rates(records) if one.component == WHOLE)
    assert (whole.inconclusive, whole.runs) == (1, 2)


def test_one_stage_or_one_gate_can_be_asked_for() -> None:
    records = ledger(*promoted(judged("p1"), Outcome.VERIFIED))
    assert rates(records, "dev", "smoke") == rates(records) != ()
    assert rates(records, "prod") == rates(records, gate="api") == ()


@pytest.mark.parametrize(
    ("runs", "red", "defect"), [(ONE_IN, 1, False), (ONE_IN - 1, 1, True), (200, 5, True)]
)
def test_more_than_one_in_fifty_is_a_defect(runs: int, red: int, *, defect: bool) -> None:
    events = [judged(f"p{n}", *([finding("redis/one")] if n < red else [])) for n in range(runs)]
    count = next(
        one for one in counted(v for event in events for v in verdicts_of(event)) if one.check == "one"
    )
    assert is_defect(count) is defect
    assert is_known(count) is (defect or runs >= ONE_IN)
