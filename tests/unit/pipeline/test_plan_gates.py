"""`promote plan` says which gates would run, pinned or not; no roster is asked for twice in vain."""

from desk import Desk, green

from pipeline.testing.deployer import Recipe

UNKNOWN = "how much of that is reused is known once the release is pinned"


def rosters(desk: Desk, *argv: str) -> list[str]:
    """Which rosters the command asked for."""
    desk.bench.world.calls.clear()
    assert desk(*argv) == 0, desk.err
    return [call for call in desk.bench.world.calls if call.startswith("roster")]


def test_a_checkout_that_is_not_pinned_has_gates_too(desk: Desk) -> None:
    green(desk)
    desk.bench.world.checks["smoke"] = ("database/one", "network/two")

    assert desk("plan", "--stage", "dev") == 0
    assert "gate smoke: 2 to run\n" in desk.out
    document = desk.document("plan", "--stage", "dev")
    assert document["pinned"] is False
    assert document["gates"] == [{"gate": "smoke", "run": 2, "reused": {}, "why": None, "leg": None}]
    assert desk.bench.shop().history().releases == {}, "a plan pins nothing"


def test_what_an_unpinned_release_would_reuse_is_not_guessed(desk: Desk) -> None:
    desk.bench.world.rests = {"thing": ("a",)}
    desk(*green(desk))
    desk.bench.commit("second", a="1")

    assert desk("plan", "--stage", "dev") == 0
    assert f"gate smoke: 1 to run ({UNKNOWN})\n" in desk.out

    assert desk("pin") == 0
    assert desk("plan", "--stage", "dev") == 0
    assert "gate smoke: 0 to run, 1 from p1\n" in desk.out


def test_a_plan_that_refuses_reaches_no_gate(desk: Desk) -> None:
    green(desk)
    desk.bench.world.recipes[desk.bench.revisions.pin.id] = Recipe({}, {}, ("the schema cannot go back",))

    assert desk.document("plan", "--stage", "dev")["gates"] is None


def test_a_plan_asks_for_each_roster_once(desk: Desk) -> None:
    desk(*green(desk))
    assert desk("--stage", "staging") == 0

    assert rosters(desk, "plan", "--stage", "staging") == ["roster staging smoke", "roster staging failover"]


def test_a_promotion_asks_for_a_roster_again_only_if_a_step_has_made_an_artifact(desk: Desk) -> None:
    desk(*green(desk))

    assert rosters(desk, "--stage", "dev") == ["roster dev smoke"], "nothing was to be changed"
    desk.bench.commit("second", a="2")
    assert rosters(desk, "--stage", "dev") == ["roster dev smoke"] * 2, "its image was made on the way"


def test_a_resumption_asks_for_the_roster_of_its_gate_again(desk: Desk) -> None:
    desk(*green(desk))
    desk.interrupted("--stage", "dev", after=2)

    assert rosters(desk, "resume", "--stage", "dev") == ["roster dev smoke"]
