"""Evidence is reused where nothing that it rests on has changed, and nowhere else."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk

from pipeline.core.line import Line, LineGate
from pipeline.engine.line import set_line

CHECKS = ("database/one", "network/two")
HOUR_S = 3600


def site(desk: Desk, **things: str) -> str:
    """A site whose smoke gate has a check of the database on host a, and one of the network on host b."""
    desk.bench.world.rests = {"database": ("a",), "network": ("b",)}
    desk.bench.world.checks["smoke"] = CHECKS
    release = desk.bench.commit("first", **(things or {"a": "1", "b": "1"}))
    assert desk("--stage", "dev") == 0, desk.err
    desk.bench.ran.clear()
    return release


def again(desk: Desk, *argv: str, stage: str = "dev") -> list[str]:
    """Promote the checkout, or what is asked, once more; return the checks that were run."""
    desk.bench.ran.clear()
    assert desk("--stage", stage, *argv) == 0, desk.err
    return desk.bench.ran


def ran(*checks: str, stage: str = "dev") -> list[str]:
    return [f"smoke in {stage}: {check}" for check in checks]


def line_with(desk: Desk, change: Callable[[LineGate], LineGate]) -> None:
    """Set the line with this change to each gate."""
    shop = desk.bench.shop()
    before = shop.history().line
    assert before is not None
    stages = (replace(stage, gates=tuple(change(gate) for gate in stage.gates)) for stage in before.stages)
    set_line(shop, Line(tuple(stages)), "a test", expected=before)


def test_what_has_passed_on_the_same_inputs_is_not_run_again(desk: Desk) -> None:
    site(desk)

    assert again(desk) == []
    assert "gate smoke: 2 of 2 checks are not run: p1 passed them" in desk.bench.quiet.messages
    assert "verified" in desk.out
    assert "smoke pass 2/2 (2 from p1)" in desk.out


def test_what_a_change_touches_is_run_and_the_rest_reused_from_where_it_ran(desk: Desk) -> None:
    site(desk)
    desk.bench.commit("second", a="2", b="1")

    assert again(desk) == ran("database/one")
    assert "smoke pass 2/2 (1 from p1)" in desk.out
    assert again(desk) == []
    assert "smoke pass 2/2 (1 from p1, 1 from p2)" in desk.out, "the source is who ran it, not who reused it"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("history",), "smoke pass 1/1 (1 from p1)"),
        (("status",), "smoke pass 1/1 (1 from p1)"),
        (("show", "p2"), "gate smoke: pass (1 from p1), 1 of 1 checks passed"),
        (("audit", "--stage", "dev"), "here: smoke pass (1 from p1) (1 of 1)"),
    ],
    ids=["history", "status", "show", "audit"],
)
def test_every_view_says_from_which_promotion(desk: Desk, argv: tuple[str, ...], said: str) -> None:
    desk.bench.world.rests = {"thing": ("a",)}
    desk.bench.commit("first", a="1")
    for _ in range(2):
        desk("--stage", "dev")

    assert desk(*argv) == 0
    assert said in desk.out


def another_image(desk: Desk) -> None:
    desk.bench.world.images[desk.bench.revisions.pin.id] = "rebuilt"


def another_definition(desk: Desk) -> None:
    desk.bench.world.definitions["smoke"] = "stricter"


def too_old(desk: Desk) -> None:
    desk.bench.clock.time += HOUR_S + 1


def stepped_back(desk: Desk) -> None:
    """The machine's clock was set back, so nobody knows how old the pass is."""
    desk.bench.clock.time -= 1


def not_allowed(desk: Desk) -> None:
    line_with(desk, lambda gate: replace(gate, reuse_s=0))


def red_since(desk: Desk) -> None:
    desk.bench.answers["smoke"] = "failed"
    assert desk("gate", "smoke", "--stage", "dev") == 3
    desk.bench.answers.clear()


def unclear_since(desk: Desk) -> None:
    """A gate that could not even begin: nobody knows what it would have judged."""
    desk.bench.world.broken.add("roster")
    desk("gate", "smoke", "--stage", "dev")
    desk.bench.world.broken.clear()


def silent_suites(desk: Desk) -> None:
    desk.bench.watched["smoke"] = None


def older_release(desk: Desk) -> None:
    desk.bench.world.rests = {}


def drifted_everywhere(desk: Desk) -> None:
    desk.bench.world.stages["dev"] = {"a": "by hand", "b": "by hand"}


ALL = pytest.mark.parametrize(
    "happens",
    [
        another_image,
        another_definition,
        too_old,
        stepped_back,
        not_allowed,
        red_since,
        unclear_since,
        silent_suites,
        older_release,
        drifted_everywhere,
    ],
    ids=lambda happens: happens.__name__,
)


@ALL
def test_everything_is_run_again_after(desk: Desk, happens: Callable[[Desk], None]) -> None:
    site(desk)
    assert again(desk) == [], "without it, everything is reused"
    happens(desk)

    assert again(desk) == ran(*CHECKS)
    assert "from p" not in desk.out


def test_a_host_that_drifted_by_hand_is_repaired_and_what_rests_on_it_is_run(desk: Desk) -> None:
    site(desk)
    desk.bench.world.stages["dev"]["b"] = "by hand"

    assert again(desk) == ran("network/two")


def test_a_check_that_watches_a_neighbour_is_run_when_the_neighbour_changes(desk: Desk) -> None:
    desk.bench.watched["smoke"] = {"database/one": ("network",)}
    site(desk)
    desk.bench.commit("second", a="1", b="2")

    assert again(desk) == ran(*CHECKS)


def test_a_check_that_watches_what_nobody_knows_is_run(desk: Desk) -> None:
    desk.bench.watched["smoke"] = {"database/one": ("clients",)}
    site(desk)

    assert again(desk) == ran("database/one")


def test_a_red_gate_of_one_component_bars_its_checks_alone(desk: Desk) -> None:
    site(desk)
    desk.bench.answers["smoke"] = "failed"
    desk("gate", "smoke", "--stage", "dev", "--component", "network")
    desk.bench.answers.clear()

    assert again(desk) == ran("network/two")


def test_a_pass_in_another_stage_counts_for_nothing(desk: Desk) -> None:
    site(desk)

    assert desk("--stage", "staging") == 0
    assert desk.bench.ran[:2] == ran(*CHECKS, stage="staging")


def test_a_green_ad_hoc_gate_and_a_rollback_are_no_sources(desk: Desk) -> None:
    site(desk)
    desk.bench.world.definitions["smoke"] = "stricter"
    desk("gate", "smoke", "--stage", "dev")
    desk("rollback", "--stage", "dev")

    assert again(desk) == ran(*CHECKS)


def test_a_red_rest_turns_the_release_down_and_leaves_no_source(desk: Desk) -> None:
    first = site(desk)
    second = desk.bench.commit("second", a="2", b="1")
    desk.bench.answers[f"smoke of {second}"] = "failed"
    assert desk("--stage", "dev") == 3
    assert desk.bench.ran == ran("database/one", *CHECKS), "the rollback runs the whole gate"
    desk.bench.answers.clear()

    assert again(desk, "--release", second) == ran(*CHECKS)
    assert again(desk, "--release", first) == ran("database/one")


def test_hosts_that_another_attempt_has_changed_since_prove_nothing(desk: Desk) -> None:
    """A promotion that was abandoned has changed the host; its release stands there, and was never judged."""
    desk.bench.world.rests = {"database": ("a",), "network": ("a", "b")}
    desk.bench.world.checks["smoke"] = CHECKS
    desk.bench.world.recipes.clear()
    desk.bench.commit("first", a="1", b="1", c="1")
    desk("--stage", "dev")
    desk.bench.world.stages["dev"]["a"] = "by hand"
    desk.interrupted("--stage", "dev", after=4)
    desk("abort", "--stage", "dev", "--keep")

    assert desk.bench.world.stages["dev"]["a"] == "1"
    assert again(desk) == ran(*CHECKS)


@pytest.mark.parametrize("interrupt_after", [None, 3])
def test_anew_runs_everything_also_when_it_is_resumed(desk: Desk, interrupt_after: int | None) -> None:
    site(desk)
    if interrupt_after is None:
        assert again(desk, "--anew") == ran(*CHECKS)
    else:
        desk.interrupted("--stage", "dev", "--anew", after=interrupt_after)
        assert desk("resume") == 0
        assert desk.bench.ran == ran(*CHECKS)
    assert desk.document("show", "p2")["attempt"]["anew"] is True


def test_an_ad_hoc_gate_reuses_nothing(desk: Desk) -> None:
    site(desk)
    assert desk("gate", "smoke", "--stage", "dev") == 0
    assert desk.bench.ran == ran(*CHECKS)


def test_failover_is_never_reused_in_the_last_stage(desk: Desk) -> None:
    desk.bench.commit("first", a="1")
    desk("--stage", "dev")
    line = desk.bench.shop().history().line
    assert line is not None
    assert {(stage.name, gate.name): gate.reuse_s for stage in line.stages for gate in stage.gates} == {
        ("dev", "smoke"): HOUR_S,
        ("staging", "smoke"): HOUR_S,
        ("staging", "failover"): 7 * 24 * HOUR_S,
        ("prod", "smoke"): HOUR_S,
    }


def test_a_plan_says_what_would_run_and_why(desk: Desk) -> None:
    first = site(desk)
    assert desk("plan", "--stage", "dev") == 0
    assert "gate smoke: 0 to run, 2 from p1" in desk.out
    desk.bench.world.stages["dev"]["b"] = "by hand"
    (gate,) = desk.document("plan", "--stage", "dev", "--release", first)["gates"]
    assert gate == {
        "gate": "smoke",
        "run": 1,
        "reused": {"p1": 1},
        "why": "network/two: step b changes b",
        "leg": None,
    }
    assert desk.bench.ran == [], "a plan runs nothing"


def test_a_report_that_was_changed_after_the_verdict_is_named(desk: Desk, tmp_path: Path) -> None:
    desk.bench.site = tmp_path
    site(desk)
    (judgement,) = desk.document("show", "p1")["judgements"]
    assert judgement["intact"] is None
    report = tmp_path / "runs" / "p1" / "smoke-1" / "report.json"
    report.parent.mkdir(parents=True)
    report.write_text("{}")

    assert desk.document("show", "p1")["judgements"][0]["intact"] is False
    assert desk("show", "p1") == 0
    assert f"gate smoke: {report} is not the report that was judged" in desk.out
