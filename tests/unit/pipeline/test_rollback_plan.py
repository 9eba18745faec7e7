"""`promote plan --rollback`: what a rollback by hand would do, and what would refuse it."""

import json
from collections.abc import Callable

import pytest
from desk import Desk, held, open_attempt
from documents import two_releases

from pipeline.core import events as ev
from pipeline.core.codec import decode, encode
from pipeline.core.errors import ChildRefused
from pipeline.core.kinds import Kind, Outcome
from pipeline.testing.deployer import Recipe

PLAN = ("plan", "--rollback", "--stage", "dev")


@pytest.fixture
def standing(desk: Desk) -> Desk:
    """r1 and r2 were verified in dev, where r2 stands."""
    two_releases(desk)
    return desk


def test_it_shows_the_release_the_changes_and_the_gate_and_changes_nothing(standing: Desk) -> None:
    before, world = len(standing.bench.store.rows), dict(standing.bench.world.stages)

    assert standing(*PLAN) == 0
    first = standing.bench.shop().history().stage("dev").verified[0]
    assert standing.out.splitlines()[:2] == [
        f"r1 ({first[:12]}) into dev: a rollback to the release verified there before",
        "may go: r1 was verified in dev",
    ]
    assert "make a 1" in standing.out
    assert "gate smoke: 1 to run\n" in standing.out
    assert (len(standing.bench.store.rows), standing.bench.world.stages) == (before, world)

    assert standing(*PLAN, "--detailed-exitcode") == 20
    document = standing.document(*PLAN, "--to", "r1")
    assert (document["kind"], document["alias"], document["allowed"]) == ("rollback", "r1", True)
    assert document["why"] == "a rollback to the named release"
    assert document["gates"] == [{"gate": "smoke", "run": 1, "reused": {}, "why": None, "leg": None}]


def test_the_rollback_does_what_was_shown(standing: Desk) -> None:
    steps = [step["id"] for step in standing.document(*PLAN)["steps"]]

    assert standing("rollback", "--stage", "dev") == 0

    attempt = standing.bench.shop().history().attempts["p3"]
    assert [step.id for step in attempt.plan.steps] == steps
    assert standing.document("plan", "--rollback", "--stage", "dev", "--to", "r1")["steps"] == []


def refusing(desk: Desk) -> None:
    first = desk.bench.shop().history().stage("dev").verified[0]
    desk.bench.world.recipes[first] = Recipe({}, {}, ("a schema cannot be downgraded",))


def refused_by_its_code(desk: Desk) -> None:
    desk.bench.world.errors["plan"] = ChildRefused("a secret cannot be used")


@pytest.mark.parametrize(
    ("way", "code", "said"),
    [
        (open_attempt, 9, "may NOT go: "),
        (refusing, 9, "the plan refuses: a schema cannot be downgraded"),
        (refused_by_its_code, 9, "the plan refuses: a secret cannot be used"),
        (held, 0, "may go: r1 was verified in dev"),
    ],
)
def test_what_would_refuse_is_said_and_the_exit_code_is_that_of_the_rollback(
    standing: Desk, way: Callable[[Desk], object], code: int, said: str
) -> None:
    way(standing)

    assert standing(*PLAN, "--to", "r1") == code
    assert said in standing.out
    assert standing("rollback", "--stage", "dev", "--to", "r1") == code


@pytest.mark.parametrize("way", [refusing, refused_by_its_code])
def test_a_refused_rollback_is_recorded_as_refused_and_leaves_the_stage_as_it_is(
    standing: Desk, way: Callable[[Desk], object]
) -> None:
    before = standing.bench.shop().history().stage("dev")
    way(standing)
    standing("rollback", "--stage", "dev", "--to", "r1")

    history = standing.bench.shop().history()
    latest = history.attempts[history.stage("dev").latest or ""]
    assert (latest.kind, latest.outcome) == (Kind.ROLLBACK, Outcome.REFUSED)
    assert history.stage("dev").standing == before.standing
    assert history.stage("dev").confirmed == before.confirmed


def test_the_refusal_of_a_rollback_by_hand_is_newer_to_older_engines_and_no_damage() -> None:
    ended = ev.AttemptEnded("p1", Outcome.REFUSED, untouched=True)
    written = json.loads(json.dumps(encode(ended)))

    assert decode(written) == ended
    assert written["schema"] == 9
    assert encode(ev.AttemptEnded("p1", Outcome.REFUSED))["schema"] == 4, (
        "that of a promotion is known to them"
    )


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("--stage", "staging"), 9, "nothing is deployed in staging"),
        (("--stage", "dev", "--to", "r2"), 0, ""),
        (("--stage", "dev", "--to", "r9"), 2, "no release 'r9'"),
        (("--stage", "dev", "--release", "r1"), 2, "--rollback takes neither --release (but --to)"),
        (("--stage", "dev", "--out", "plan.json"), 2, "nor --out"),
        (("--stage", "dev", "--config", "elsewhere"), 2, "nor --config"),
    ],
)
def test_without_a_release_to_go_back_to_it_ends_as_the_rollback_does(
    standing: Desk, argv: tuple[str, ...], code: int, said: str
) -> None:
    assert standing("plan", "--rollback", *argv) == code
    assert said in standing.err


def test_a_promotion_takes_no_release_to_go_back_to(standing: Desk) -> None:
    assert standing("plan", "--stage", "dev", "--to", "r1") == 2
    assert "--to is for --rollback" in standing.err
