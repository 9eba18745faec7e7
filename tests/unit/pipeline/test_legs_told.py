"""What people are told of a plan with legs, before, meanwhile and afterwards."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk, green
from legs_ways import between_legs, legged, legged_irreversible
from rich.console import Console

from pipeline.cli.drawing import draw
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.progress import Teller
from pipeline.cli.view import View, recorded
from pipeline.core import events as ev
from pipeline.core.advancing import advance
from pipeline.core.attempt import begin
from pipeline.core.kinds import Kind
from pipeline.core.legs import Leg
from pipeline.core.plan import Plan, Step
from pipeline.core.verdict import Evidence, Verdict

TWO = (Leg("build", ("a",), ("smoke",)), Leg("cut-over", ("c",), asks_policy=True))


def test_a_plan_is_a_picture_of_its_legs_their_gates_and_where_the_way_back_ends(desk: Desk) -> None:
    assert desk("plan", *legged(desk, irreversible={"c": "c was contracted"})) == 0

    assert desk.out.splitlines()[2:-1] == [
        "╭─ leg 1 of 2, build: 2 steps (2 host)",
        "│  gate build/smoke: 1 to run",
        "╰─ until here, a rollback is possible",
        "   policy is asked again",
        "╭─ leg 2 of 2, cut-over: 1 step (1 host)",
        "│  gate cut-over/smoke: 1 to run",
        "╰─ NO rollback once step c has begun: c was contracted",
        "a rollback is possible until step c of leg cut-over begins: c was contracted",
    ]


@pytest.mark.parametrize("option", ["-v", "--steps"])
def test_the_picture_has_every_step_if_it_is_asked_to(desk: Desk, option: str) -> None:
    assert desk("plan", option, *legged(desk, irreversible={"c": "c was contracted"})) == 0

    shown = [line.rstrip() for line in desk.out.splitlines()[2:-1]]
    assert shown[:4] == [
        "╭─ leg 1 of 2, build: 2 steps (2 host)",
        "│  #  STEP  WHAT      AFTER",
        "│  1  a     make a 1  -",
        "│  2  b     make b 1  1",
    ]
    assert "│  3  c     make c 1 (can't be undone: c was contracted)  -" in shown


def test_a_plan_of_which_all_can_be_undone_says_so(desk: Desk) -> None:
    desk("plan", *legged(desk))
    assert "a rollback is possible to the end" in desk.out


def test_a_plan_of_one_leg_has_no_sections_and_says_up_to_where_it_can_be_rolled_back(desk: Desk) -> None:
    desk("plan", *legged(desk, legs=(Leg("all", ("a", "b", "c")),), irreversible={"c": "why not"}))

    assert "leg 1" not in desk.out
    assert (
        "gate smoke: 1 to run\na rollback is possible until step c of leg all begins: why not\n" in desk.out
    )


def test_who_promotes_into_a_protected_stage_is_told_it_before_they_agree(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = legged(desk, irreversible={"c": "c was contracted"})
    desk(*command)
    desk("--stage", "staging")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)

    desk("to", "prod")

    assert "3 steps in 2 legs; then gates smoke" in desk.err
    assert "a rollback is possible until step c of leg cut-over begins: c was contracted" in desk.err


@pytest.mark.parametrize("verb", [(), ("plan",)])
def test_a_plan_whose_legs_can_not_be_performed_says_why(desk: Desk, verb: tuple[str, ...]) -> None:
    legs = (Leg("one", ("b",), ("smoke",)), Leg("two", ("a", "c", "x")))

    assert desk(*verb, *legged(desk, legs=legs)) != 0
    assert "step b of leg one needs a, which is in a later leg" in desk.out + desk.err


def test_the_display_shows_which_leg_goes_on_and_which_is_next() -> None:
    legs = (Leg("build", ("a",), ("smoke",)), Leg("cut-over", ("b",)))
    plan = Plan((Step("a", "host", "a", "make a"), Step("b", "host", "b", "make b")), legs=legs)
    start = ev.AttemptStarted("p1", "p1", Kind.PROMOTE, "dev", "r", ("smoke",), 1)
    view = View(begin(start, 0.0, {}), "r1")
    shown = []
    for event in (
        ev.PlanMade("p1", plan),
        ev.LegStarted("p1", "build"),
        ev.StepStarted("p1", "a", 1),
        ev.StepSucceeded("p1", "a"),
        ev.GateStarted("p1", "smoke", 1, "d", "build"),
        ev.GateJudged("p1", "smoke", 1, Evidence(Verdict.PASS, (), 1, 1), leg="build"),
    ):
        view = recorded(view, ev.Record(1, 10.0, event))
        shown.append(drawn(view))

    assert "0 of 2  leg 1 of 2: build" in shown[0]
    assert "1 of 2  leg 1 of 2: build" in shown[4]
    assert "build/smoke  cut-over/smoke" in shown[4]
    assert "1 of 2  leg 2 of 2: cut-over" in shown[5]
    assert "build/smoke pass  cut-over/smoke" in shown[5]


def test_each_line_of_a_run_in_ci_says_which_leg_of_how_many_and_how_many_steps_are_done() -> None:
    told: list[str | None] = []
    teller = Teller(lambda: 0.0)
    start = ev.AttemptStarted("p1", "p1", Kind.PROMOTE, "dev", "r", ("smoke",), 1)
    state = begin(start, 0.0, {})
    for event in (
        ev.PlanMade(
            "p1", Plan((Step("a", "host", "a", "make a"), Step("c", "host", "c", "make c")), legs=TWO)
        ),
        ev.LegStarted("p1", "build"),
        ev.StepStarted("p1", "a", 1),
        ev.StepSucceeded("p1", "a"),
        ev.GateStarted("p1", "smoke", 1, "d", "build"),
        ev.GateJudged("p1", "smoke", 1, Evidence(Verdict.PASS, (), 1, 1), leg="build"),
    ):
        state = advance(state, event, 0.0)
        told.append(teller.event(event))
    resumed = Teller(lambda: 0.0)
    resumed.titled(state)
    told += map(resumed.event, (ev.LegStarted("p1", "cut-over"), ev.StepSucceeded("p1", "c")))

    assert [(line or "").split("s ", 1)[1] for line in told] == [
        "plan: 2 steps in 2 legs",
        "leg 1 of 2, build, begins: 1 step",
        "begin a: make a",
        "done  a (1 of 2 steps)",
        "gate build/smoke begins",
        "gate build/smoke: pass, 1 of 1 checks passed",
        "leg 2 of 2, cut-over, begins: 1 step; policy allows it",
        "done  c (2 of 2 steps)",
    ]


def drawn(view: View) -> str:
    console = Console(file=io.StringIO(), width=80, force_terminal=False)
    console.print(draw(view, 12.0, 24))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_plan_that_was_written_to_a_file_is_promoted_with_its_legs(desk: Desk, tmp_path: Path) -> None:
    file = str(tmp_path / "plan.json")
    desk("plan", *legged(desk), "--out", file)

    assert desk("--plan", file) == 0
    assert [leg["name"] for leg in json.loads(Path(file).read_text())["legs"]] == ["build", "cut-over"]


def test_a_plan_whose_legs_were_exchanged_in_its_file_is_refused(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    desk("plan", *legged(desk), "--out", str(file))
    data = json.loads(file.read_text())
    data["legs"][1]["asks_policy"] = False
    file.write_text(json.dumps(data))

    assert desk("--plan", str(file)) == ExitCode.USAGE
    assert "it was changed since it was written" in desk.err


def test_the_gates_of_each_leg_are_told_with_their_legs(desk: Desk) -> None:
    assert desk(*legged(desk)) == 0
    assert "build/smoke pass, cut-over/smoke pass" in desk.out

    desk("show")
    assert "gate cut-over/smoke: pass, 1 of 1 checks passed" in desk.out
    assert "gate build/smoke" in desk.out
    (attempt,) = desk.document("history")["attempts"]
    gates = [(gate["leg"], gate["gate"]) for gate in attempt["gates"]]
    assert gates == [("build", "smoke"), ("cut-over", "smoke")]


def test_who_meets_a_hold_between_two_legs_is_told_where_it_stands_and_how_it_goes_on(desk: Desk) -> None:
    assert desk(*between_legs(desk)) == ExitCode.HELD

    assert desk.err.splitlines() == [
        "p1 stands before leg cut-over of r1 in dev, which may not begin",
        "why: stage dev is held by operator@desk (unverified): fair (lifted by: promote unhold h1)",
        "next: promote resume --stage dev",
    ]
    desk("status")
    stands = "p1 promote r1 (interrupted): between, 2 of 3 steps, before leg 2 of 2, cut-over"
    assert f"{stands}; waits for policy: stage dev is held by operator@desk (unverified): fair" in desk.out
    desk("unhold", "h1")
    desk("status")
    assert f"{stands}, " in desk.out
    assert desk("resume") == 0


def test_after_a_step_that_can_not_be_undone_the_result_says_why_nothing_is_rolled_back(desk: Desk) -> None:
    assert desk(*legged_irreversible(desk)) == ExitCode.GATE_FAILED

    assert "p2 is not rolled back: step c can't be undone: c was contracted" in desk.out
    desk("show")
    assert "p2 is not rolled back: step c can't be undone: c was contracted" in desk.out
    document = desk.document("history")
    assert document["attempts"][-1]["irreversible"] == "step c can't be undone: c was contracted"


def test_a_step_that_fails_in_a_later_leg_is_told_with_the_leg(desk: Desk) -> None:
    desk(*green(desk))
    command = legged(desk)
    desk.bench.world.broken.add("step c")

    told = desk.document(*command)
    assert told["exit_code"] == ExitCode.ROLLOUT_FAILED
    assert told["meaning"] == "the rollout failed in leg cut-over; the stage was rolled back to r1"


def test_no_leg_of_a_rollback_is_said_to_be_allowed_by_policy() -> None:
    plan = Plan((Step("a", "host", "a", "make a"), Step("c", "host", "c", "make c")), legs=TWO)
    start = ev.AttemptStarted("p2", "p2", Kind.ROLLBACK, "dev", "r", ("smoke",), 1)
    teller, resumed = Teller(lambda: 0.0), Teller(lambda: 0.0)
    teller.event(start)
    teller.event(ev.PlanMade("p2", plan))
    resumed.titled(advance(begin(start, 0.0, {}), ev.PlanMade("p2", plan), 0.0))
    for one in (teller, resumed):
        told = one.event(ev.LegStarted("p2", "cut-over")) or ""
        assert told.endswith("leg 2 of 2, cut-over, begins: 1 step")


def test_a_rollback_in_legs_says_what_is_left_where_it_stops(desk: Desk) -> None:
    desk(*green(desk))
    world, first = desk.bench.world, next(iter(desk.bench.world.recipes))
    desk.bench.commit("second", a="2")
    desk("--stage", "dev")
    leg = Leg("cut-over", ("a",), ("smoke",), asks_policy=True)
    world.recipes[first] = replace(world.recipes[first], legs=(leg,))
    assert desk("plan", "--rollback", "--stage", "dev") == 0
    assert "make a 1" in desk.out
    assert "gate smoke: 1 to run\nwhere it stops, the stage is left as it is, and it can be asked" in desk.out
    assert "a rollback is possible" not in desk.out
