"""What a terminal shows of a run: the fold, the drawing, and the time to go. All of it is pure."""

import io
from collections.abc import Iterable
from dataclasses import replace

import pytest
from rich.console import Console

from pipeline.cli import view as views
from pipeline.cli.drawing import draw
from pipeline.core import events as ev
from pipeline.core.checked import Checked
from pipeline.core.forecast import Past, last_like, to_go
from pipeline.core.history import replay
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.plan import Plan, RosterEntry, Step, Trouble
from pipeline.core.stages import StageGraph, StageSpec
from pipeline.core.verdict import Evidence, Verdict
from pipeline.testing import make_pin

PLAN = Plan((
    Step("host/a", "host", "a", "make a"),
    Step("host/b", "host", "b", "make b"),
    Step("cluster/a", "cluster", "a", "start the cluster on a", ("host/a",)),
    Step("schema", "schema", "a", "make the schema", ("cluster/a",)),
))  # fmt: skip
PIN = make_pin("first")
GRAPH = StageGraph((StageSpec("dev", None, ("smoke", "failover"), lab=True),))
STEPS = tuple(step.id for step in PLAN.steps)
GREEN = Evidence(Verdict.PASS, (), 3, 3)


def run(attempt: str, gates: tuple[str, ...] = ("smoke", "failover")) -> list[tuple[float, ev.Event]]:
    """An attempt: planned for 5 s, its four steps 10 s each, its gates 30 s each."""
    start = ev.AttemptStarted(attempt, attempt, Kind.PROMOTE, "dev", PIN.id, gates, 1)
    told: list[tuple[float, ev.Event]] = [(0, start), (5, ev.PlanMade(attempt, PLAN))]
    at = 5.0
    for step in STEPS:
        told += [(at, ev.StepStarted(attempt, step, 1)), (at + 10, ev.StepSucceeded(attempt, step))]
        at += 10
    for gate in gates:
        told += [(at, ev.GateStarted(attempt, gate, 1, f"runs/{attempt}/{gate}-1"))]
        told += [(at + 30, ev.GateJudged(attempt, gate, 1, GREEN))]
        at += 30
    return [*told, (at, ev.AttemptEnded(attempt, Outcome.VERIFIED))]


def ledger(*runs: Iterable[tuple[float, ev.Event]]) -> list[ev.Record]:
    """Runs one after the other, each beginning 1000 s after the one before."""
    events = [(0.0, ev.ReleasePinned(PIN.id, "r1", PIN, GRAPH))]
    events += [(1000.0 * number + at, event) for number, told in enumerate(runs, 1) for at, event in told]
    return [ev.Record(seq, at, event) for seq, (at, event) in enumerate(events, 1)]


def view_of(records: list[ev.Record], attempt: str = "p1") -> views.View:
    """What is shown after these, the last attempt's start being among them."""
    start = next(
        n for n, record in enumerate(records, 1)
        if isinstance(record.event, ev.AttemptStarted) and record.event.attempt == attempt
    )  # fmt: skip
    view = views.opened(replay(records[:start]), records[:start], attempt)
    for record in records[start:]:
        view = views.recorded(view, record)
    return view


def drawn(view: views.View, now: float, *, width: int = 80, height: int = 24) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False)
    console.print(draw(view, now, height))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def performing() -> views.View:
    return view_of(ledger([*run("p1")[:3], (6, ev.StepStarted("p1", "host/b", 1))]))


def test_steps_that_run_are_shown_with_their_age_and_what_waits_for_them() -> None:
    lines = drawn(views.progressed(performing(), "boots", "b"), 1012.0)

    assert lines[0].split() == ["dev", "promote", "r1", f"({PIN.id[:12]})", "p1", "12s"]
    assert lines[1].endswith("0 of 4")
    assert [line.split() for line in lines[2:4]] == [
        ["host/a", "make", "a", "7.0s", "2", "waiting"],
        ["host/b", "boots", "6.0s"],
    ]
    assert lines[4].split() == ["gates", "smoke", "failover"]


def test_done_steps_are_counted_and_no_longer_shown_also_by_a_run_that_was_resumed() -> None:
    done = run("p1")[:5]
    resumed = [*done, (16, ev.Interrupted("p1", "SIGINT")), (90, ev.Resumed("p1", 2))]

    for view in (view_of(ledger(done)), views.opened(replay(ledger(resumed)), ledger(resumed), "p1")):
        lines = drawn(view, 1091.0)
        assert lines[1].endswith("1 of 4")
        assert not any("host/a" in line for line in lines)


def test_a_gate_is_shown_with_its_checks_done_of_all() -> None:
    view = view_of(ledger(run("p1")[:11]))
    check = Checked("smoke", RosterEntry("galera", "-", "one_cluster"), "passed", "", 9, 17)
    view = views.progressed(views.checked(view, check), "half way", "database-1")

    lines = drawn(view, 1065.0)

    assert any("smoke" in line and "9 of 17 checks  20s" in line for line in lines)
    assert lines[-1] == "  half way"


def test_a_gate_that_was_judged_has_its_verdict() -> None:
    lines = drawn(view_of(ledger(run("p1")[:13])), 1080.0)

    assert any(line.split() == ["gates", "smoke", "pass", "failover"] for line in lines)
    assert lines[-2].split()[:2] == ["failover", "5.0s"]


@pytest.mark.parametrize("end", [ev.AttemptEnded("p1", Outcome.VERIFIED), ev.Interrupted("p1", "SIGINT")])
def test_nothing_is_shown_of_what_has_come_to_its_end(end: ev.Event) -> None:
    told = run("p1")[:-1] if isinstance(end, ev.AttemptEnded) else run("p1")[:4]

    assert view_of(ledger([*told, (200, end)])) == views.View()


def test_events_of_another_run_change_nothing() -> None:
    view = performing()

    assert views.recorded(view, ev.Record(99, 0, ev.StepSucceeded("p2", "host/a"))) is view
    assert views.recorded(view, ev.Record(99, 0, ev.StepSucceeded("p1", "schema"))) is view  # was never begun


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_none_is_wrapped(width: int) -> None:
    view = views.progressed(performing(), "a message that is much longer than a line " * 9, "b")
    lines = drawn(view, 1012.0, width=width)

    assert len(lines) == 5
    assert max(map(len, lines)) <= width


def test_a_low_terminal_shows_the_steps_that_most_wait_for_and_how_many_more_there_are() -> None:
    lines = drawn(performing(), 1012.0, height=7)

    assert "host/a" in lines[2]
    assert lines[3].split() == ["and", "1", "more"]


def test_the_time_to_go_is_what_the_last_such_run_took() -> None:
    records = ledger(run("p1"), run("p2")[:3])
    view = view_of(records, "p2")

    assert view.past is not None
    assert view.past.gates == {"smoke": 30, "failover": 30}
    assert view.left(2015.0) == 90.0
    assert drawn(view, 2015.0)[0].endswith("15s, about 2m to go")
    gating = view_of(ledger(run("p1"), run("p2")[:13]), "p2")
    assert gating.left(2085.0) == 20.0
    assert drawn(gating, 2085.0)[0].endswith("less than a minute to go")
    assert gating.left(2500.0) == 0.0


def test_a_run_unlike_the_last_one_has_no_time_to_go() -> None:
    shorter = [(0.0, run("p1")[0][1]), (5.0, ev.PlanMade("p1", Plan(PLAN.steps[:1])))]
    shorter += [(6.0, ev.StepStarted("p1", "host/a", 1)), (9.0, ev.StepSucceeded("p1", "host/a"))]
    shorter += [(at - 35, event) for at, event in run("p1")[10:]]

    assert view_of(ledger(shorter, run("p2")[:3]), "p2").left(2015.0) is None
    assert view_of(ledger(run("p1")[:3])).left(1015.0) is None
    other_gates = Past(4, 40.0, {"smoke": 30.0})
    assert replace(view_of(ledger(run("p1")[:3])), past=other_gates).left(1015.0) is None


def test_what_went_badly_or_was_of_another_kind_is_no_example() -> None:
    bad = [*run("p1")[:3], (15.0, ev.StepFailed("p1", "host/a", Trouble("broken")))]
    records = ledger(bad, run("p2"))
    ended = [*records, ev.Record(99, 3000.0, ev.AttemptEnded("p1", Outcome.ROLLOUT_FAILED))]

    assert last_like(ended[:5], "dev", Kind.PROMOTE) is None
    assert last_like(records, "dev", Kind.ROLLBACK) is None
    assert last_like(records, "prod", Kind.PROMOTE) is None
    found = last_like(ended, "dev", Kind.PROMOTE)
    assert found is not None
    assert (found.steps, found.performing_s) == (4, 40.0)
    assert to_go(None, views.opened(replay(records[:2]), records[:2], "p1").attempt, 0.0) is None  # type: ignore[arg-type] - it is there
