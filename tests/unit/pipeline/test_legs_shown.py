"""The picture of a plan with legs: samples of an upgrade, with and without a history of the stage."""

import os
from pathlib import Path

import pytest
from desk import Desk, second_fails, set_rules
from legs_ways import LEGS, gates_take, legged_again

from pipeline.cli.earlier_legs import Expected, Gap
from pipeline.cli.legs_shown import legs_lines
from pipeline.core.approval import ApprovalRule
from pipeline.core.kinds import Kind
from pipeline.core.leg_times import LegForecast
from pipeline.core.legs import Leg
from pipeline.core.plan import Plan, Step, Undo
from pipeline.engine.gate_preview import GatePreview
from pipeline.testing.deployer import Recipe

HOSTS = tuple(Step(f"host/{name}", "host", name, f"make {name}") for name in ("a", "b"))
LOST = Undo(possible=False, why="columns were dropped")
SCHEMA = Step("schema/identity", "schema", "a", "expand", undo=LOST)
CUT_OVER = Step("cutover/identity", "cutover", "lb", "send clients to green")
FOLLOW = Step("manifest/compute", "manifest", "compute", "change compute")

KNOWN = Expected(
    (LegForecast("build", 262.0, ("p3", "p9")), LegForecast("cut-over", 12.0, ("p3",))),
    {"cut-over": Gap(0.84, "identity_stopped", "p3")},
    95.0,
    ("p5",),
)


def upgrade(*, irreversible: bool) -> Plan:
    steps = (*HOSTS, *([SCHEMA] if irreversible else []), CUT_OVER, FOLLOW)
    over = [SCHEMA.id] if irreversible else []
    legs = (
        Leg("build", tuple(host.id for host in HOSTS), ("smoke",)),
        Leg("cut-over", (*over, CUT_OVER.id), ("smoke",), asks_policy=True),
        Leg("follow", (FOLLOW.id,)),
    )
    return Plan(steps, legs=legs)


def shown(plan: Plan, known: Expected = Expected()) -> list[str]:  # noqa: B008 - frozen
    gates = [GatePreview("smoke", 7, leg=leg.name) for leg in plan.legs]
    return list(legs_lines(plan, Kind.PROMOTE, gates, known))


def test_every_leg_after_a_step_that_can_not_be_undone_says_that_there_is_no_rollback() -> None:
    ends = [line for line in shown(upgrade(irreversible=True)) if line.startswith("╰")]

    assert ends == [
        "╰─ until here, a rollback is possible",
        "╰─ NO rollback once step schema/identity has begun: columns were dropped",
        "╰─ no rollback, since step schema/identity",
    ]


def test_a_plan_that_can_be_undone_has_a_way_back_at_the_end_of_each_leg() -> None:
    ends = [line for line in shown(upgrade(irreversible=False)) if line.startswith("╰")]
    assert ends == ["╰─ until here, a rollback is possible"] * 3


@pytest.mark.parametrize("kind", [Kind.ROLLBACK, Kind.RETIRE])
def test_what_is_not_rolled_back_says_what_becomes_of_the_stage_instead(kind: Kind) -> None:
    def ends(plan: Plan) -> list[str]:
        return [line for line in legs_lines(plan, kind, (), KNOWN) if line.startswith("╰")]

    asked = any("policy" in line for line in legs_lines(upgrade(irreversible=False), kind, (), KNOWN))
    assert asked is (kind is Kind.RETIRE), "policy stops no leg of a rollback"
    assert ends(upgrade(irreversible=False)) == ["╰─ where it stops, the stage is left as it is"] * 3
    assert ends(upgrade(irreversible=True))[1:] == [
        "╰─ NO way back once step schema/identity has begun: columns were dropped",
        "╰─ no way back, since step schema/identity",
    ]


def test_steps_are_counted_by_their_kinds() -> None:
    assert "╭─ leg 2 of 3, cut-over: 2 steps (1 schema, 1 cutover)" in shown(upgrade(irreversible=True))


def test_a_leg_without_steps_says_so() -> None:
    plan = Plan((FOLLOW,), legs=(Leg("look", (), ("smoke",)), Leg("follow", (FOLLOW.id,))))
    assert shown(plan)[0] == "╭─ leg 1 of 2, look: nothing to change"


def test_what_is_known_of_a_leg_is_shown_with_where_it_is_known_from() -> None:
    assert shown(upgrade(irreversible=True), KNOWN) == [
        "╭─ leg 1 of 3, build: 2 steps (2 host)",
        "│  gate build/smoke: 7 to run",
        "│  took 4m22s (median of p3, p9)",
        "╰─ until here, a rollback is possible; it took 1m35s (p5)",
        "   policy is asked again",
        "╭─ leg 2 of 3, cut-over: 2 steps (1 schema, 1 cutover)",
        "│  gate cut-over/smoke: 7 to run",
        "│  took 12s (p3)",
        "│  longest gap that its gates measured: 0.8s (identity_stopped in p3)",
        "╰─ NO rollback once step schema/identity has begun: columns were dropped",
        "╭─ leg 3 of 3, follow: 1 step (1 manifest)",
        "│  gate follow/smoke: 7 to run",
        "╰─ no rollback, since step schema/identity",
    ]


@pytest.fixture
def site(desk: Desk, tmp_path: Path) -> Path:
    desk.bench.site = tmp_path
    return tmp_path


@pytest.mark.usefixtures("site")
def test_a_plan_tells_what_earlier_attempts_of_the_stage_took_and_measured(desk: Desk) -> None:
    gates_take(desk, 30.0)

    document = desk.document("plan", *legged_again(desk))

    assert document["forecast"] == [
        {
            "leg": "build",
            "seconds": 30.0,
            "attempts": ["p1"],
            "longest_gap": {"seconds": 0.5, "fault": "writer_killed", "attempt": "p1"},
        },
        {"leg": "cut-over", "seconds": 30.0, "attempts": ["p1"], "longest_gap": None},
    ]
    desk("plan", "--stage", "dev")
    assert "│  took 30s (p1)\n│  longest gap that its gates measured: 0.5s (writer_killed in p1)" in desk.out


@pytest.mark.usefixtures("site")
def test_what_a_stage_has_never_done_has_no_forecast(desk: Desk) -> None:
    gates_take(desk, 30.0)
    desk("--stage", *legged_again(desk)[1:])

    document = desk.document("plan", "--stage", "staging")

    assert document["forecast"][0] == {"leg": "build", "seconds": None, "attempts": [], "longest_gap": None}


@pytest.mark.usefixtures("site")
def test_how_long_a_rollback_takes_is_what_rollbacks_of_the_stage_took(desk: Desk) -> None:
    gates_take(desk, 30.0)
    desk(*legged_again(desk))
    desk(*second_fails(desk))
    release = desk.bench.commit("third")
    desk.bench.world.recipes[release] = Recipe(dict.fromkeys("abc", "3"), legs=LEGS)

    assert desk("plan", "--stage", "dev") == 0

    assert "╰─ until here, a rollback is possible; it took 1m00s (p4)" in desk.out


@pytest.mark.usefixtures("site")
def test_afterwards_each_leg_has_its_forecast_beside_what_it_took(desk: Desk) -> None:
    gates_take(desk, 30.0)
    command = legged_again(desk)
    gates_take(desk, 45.0)
    desk(*command)

    first, second = desk.document("show", "p1")["legs"], desk.document("show", "p2")["legs"]

    assert [(leg["forecast_s"], leg["took_s"], leg["passed"]) for leg in first] == [(None, 30.0, True)] * 2
    assert [(leg["forecast_s"], leg["took_s"]) for leg in second] == [(30.0, 45.0)] * 2
    desk("show", "p2")
    assert [line.split() for line in desk.out.splitlines() if "FORECAST" in line or " passed  " in line] == [
        ["#", "LEG", "RESULT", "FORECAST", "TOOK", "FORECAST", "FROM"],
        ["1", "build", "passed", "30s", "45s", "p1"],
        ["2", "cut-over", "passed", "30s", "45s", "p1"],
    ]


@pytest.mark.usefixtures("site")
def test_the_leg_that_did_not_pass_and_those_that_never_began_say_so(desk: Desk) -> None:
    command = legged_again(desk)
    desk.bench.answers["smoke in leg build"] = "failed"
    desk(*command)

    assert [(leg["begun"], leg["passed"]) for leg in desk.document("show", "p2")["legs"]] == [
        (True, False),
        (False, False),
    ]


@pytest.mark.usefixtures("site")
def test_who_approves_a_plan_sees_every_step_of_its_legs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk(*legged_again(desk))
    set_rules(desk, "staging", approvals=ApprovalRule(1))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)

    desk("approve", "--stage", "staging", "--release", "r2")

    assert "╭─ leg 1 of 2, build: 2 steps (2 host)\n│  #  STEP  WHAT      AFTER\n" in desk.err


def test_a_block_with_every_step_is_no_wider_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    long = Step("host/a", "host", "a", "make a " * 20)
    plan = Plan((long, FOLLOW), legs=(Leg("build", (long.id,), ("smoke",)), Leg("follow", (FOLLOW.id,))))
    wide = list(legs_lines(plan, Kind.PROMOTE, (), steps=True))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda _fallback: os.terminal_size((60, 24)))

    assert max(map(len, wide)) > 60
    assert max(map(len, legs_lines(plan, Kind.PROMOTE, (), steps=True))) <= 60
