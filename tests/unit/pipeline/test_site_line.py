"""The rules that judge a release belong to the site: no release can bring its own."""

from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk, assert_the_file_is_the_line, set_from_file

from pipeline.core.errors import NotEligible
from pipeline.core.line import Line, LineGate, LineStage, difference, line_of
from pipeline.core.stages import StageGraph, StageSpec
from pipeline.engine.line import set_line
from pipeline.testing.deployer import GRAPH

DEV, STAGING, PROD = GRAPH.stages


def gone_all_the_way(desk: Desk) -> None:
    """r1, of a new site, verified in every stage."""
    desk.bench.commit("first", a="1")
    for stage in GRAPH.names():
        assert desk("--stage", stage) == 0, desk.err


def second_with(desk: Desk, *stages: StageSpec) -> str:
    """The checkout is another release, whose config names these stages; its id."""
    desk.bench.world.graph = StageGraph(stages)
    return desk.bench.commit("second", a="2")


def line_on_site(desk: Desk) -> Line | None:
    return desk.bench.shop().history().line


def test_a_new_site_takes_its_line_from_its_first_release(desk: Desk) -> None:
    gone_all_the_way(desk)

    checks = {spec.name: {gate: (f"thing/{gate}",) for gate in spec.gates} for spec in GRAPH.stages}
    assert line_on_site(desk) == line_of(GRAPH, checks)
    assert desk("line", "show") == 0
    assert "staging  dev      smoke     1       1h     -" in desk.out


@pytest.mark.parametrize(
    ("stages", "stage", "what"),
    [
        ((DEV, StageSpec("x", "dev", ("smoke",)), replace(PROD, after="x")), "dev", "stage staging"),
        ((DEV, replace(STAGING, gates=("smoke",)), PROD), "dev", "gate failover of staging"),
        ((DEV, replace(PROD, after="dev")), "dev", "stage staging"),
    ],
    ids=["another way", "fewer gates", "fewer stages"],
)
def test_a_release_that_takes_away_from_the_line_is_refused_with_the_difference(
    desk: Desk, stages: tuple[StageSpec, ...], stage: str, what: str
) -> None:
    gone_all_the_way(desk)
    second_with(desk, *stages)

    assert desk("plan", "--stage", stage) == 9
    assert what in desk.out
    assert desk("--stage", stage) == 9
    assert f"the config of r2 takes away from this site's line: {what}" in desk.err
    for other in ("x", "staging", "prod"):
        assert desk("--stage", other, "--release", "r2") != 0
    assert set(map(str, desk.bench.world.stages.values())) == {"{'a': '1'}"}


def test_a_release_with_the_last_stage_alone_does_not_enter_it(desk: Desk) -> None:
    gone_all_the_way(desk)
    second_with(desk, replace(PROD, after=None))

    assert desk("--stage", "dev") == 2
    assert desk("--stage", "prod", "--release", "r2") == 9
    assert "stage dev, stage staging" in desk.err
    assert "not verified in staging" in desk.err
    assert desk.bench.world.stages["prod"] == {"a": "1"}


def test_the_order_is_the_lines_whatever_a_config_says(desk: Desk) -> None:
    gone_all_the_way(desk)
    second_with(desk, DEV, STAGING, replace(PROD, after="dev"))
    assert desk("--stage", "dev") == 0

    assert desk("--stage", "prod", "--release", "r2") == 9
    assert "r2 is not verified in staging" in desk.err


def test_a_gate_that_would_see_less_is_refused_before_anything_is_changed(desk: Desk) -> None:
    desk.bench.world.checks["smoke"] = ("one", "two")
    gone_all_the_way(desk)
    release = second_with(desk, *GRAPH.stages)
    desk.bench.world.checks[f"smoke of {release}"] = ("two", "three")

    assert desk("plan", "--stage", "dev") == 9
    assert "takes away from this site's line: smoke: thing/one" in desk.out
    assert desk("--stage", "dev") == 9
    assert "smoke: thing/one" in desk.err
    assert desk.bench.world.stages["dev"] == {"a": "1"}


def test_a_gate_whose_roster_shrank_after_the_plan_is_no_pass(desk: Desk) -> None:
    gone_all_the_way(desk)
    release = second_with(desk, *GRAPH.stages)
    desk.interrupted("--stage", "dev", after=3)
    desk.bench.world.checks[f"smoke of {release}"] = ("other",)

    assert desk("resume", "--stage", "dev") == 10
    assert "the gate sees less than this site's line asks" in desk.err
    assert desk.bench.world.stages["dev"] == {"a": "1"}


def test_a_release_may_add_gates_and_checks(desk: Desk) -> None:
    gone_all_the_way(desk)
    release = second_with(desk, replace(DEV, gates=("smoke", "api")), STAGING, PROD)
    desk.bench.world.checks[f"smoke of {release}"] = ("smoke", "more")

    for stage in GRAPH.names():
        assert desk("--stage", stage) == 0
    assert desk.bench.world.stages["prod"] == {"a": "2"}
    assert line_on_site(desk) == line_of(
        GRAPH, {spec.name: {gate: (f"thing/{gate}",) for gate in spec.gates} for spec in GRAPH.stages}
    ), "what a release adds, the site does not ask of the next"


def test_the_line_is_shown_as_the_file_that_sets_it(desk: Desk, tmp_path: Path) -> None:
    gone_all_the_way(desk)
    file = tmp_path / "line.yaml"
    before = line_on_site(desk)
    assert_the_file_is_the_line(desk, file)

    assert set_from_file(desk, file, "thing: [smoke]", "thing: [smoke, more]") == 0
    assert "+ stage dev: gate smoke sees thing/more" in desk.out
    assert difference(before, line_on_site(desk)) == ("+ stage dev: gate smoke sees thing/more",)


def test_nobody_changes_the_line_unasked(desk: Desk) -> None:
    gone_all_the_way(desk)
    before = line_on_site(desk)
    second_with(desk, DEV)
    assert desk("--stage", "dev") == 9

    assert desk("line", "set", "--from", "r2") == 2
    assert "add --yes" in desk.err
    assert line_on_site(desk) == before

    assert desk.document("line", "set", "--from", "r2", "--yes")["changes"][0].startswith("- stage staging")
    (dev,) = line_of(StageGraph((DEV,)), {"dev": {"smoke": ("thing/smoke",)}}).stages
    assert line_on_site(desk) == Line((replace(dev, protected=False),)), "no config describes protection"


def test_a_line_that_was_changed_meanwhile_is_not_overwritten(desk: Desk) -> None:
    gone_all_the_way(desk)
    shop = desk.bench.shop()

    with pytest.raises(NotEligible, match="changed meanwhile"):
        set_line(shop, line_of(GRAPH), "somebody's file", expected=None)


def test_what_was_verified_by_less_does_not_enter_the_next_stage_and_stays_a_goal_of_rollbacks(
    desk: Desk, tmp_path: Path
) -> None:
    gone_all_the_way(desk)
    second_with(desk, *GRAPH.stages)
    assert desk("--stage", "dev") == 0
    assert set_from_file(desk, tmp_path / "line.yaml", "thing: [smoke]", "thing: [smoke, more]") == 0

    assert desk("--stage", "staging") == 9
    assert "r2 was verified in dev when this site's line asked less of dev" in desk.err
    assert desk("rollback", "--stage", "dev", "--to", "r1") == 0

    desk.bench.world.checks["smoke"] = ("smoke", "more")
    assert desk("--stage", "dev", "--release", "r2") == 0
    assert desk("--stage", "staging") == 0


def test_an_interrupted_promotion_does_not_end_by_the_rules_of_before(desk: Desk, tmp_path: Path) -> None:
    gone_all_the_way(desk)
    second_with(desk, *GRAPH.stages)
    desk.interrupted("--stage", "dev", after=3)
    assert set_from_file(desk, tmp_path / "line.yaml", "thing: [smoke]", "thing: [smoke, more]") == 0

    assert desk("resume", "--stage", "dev") == 9
    assert "asks more of dev than when p4 began" in desk.err
    assert desk("abort", "--stage", "dev") == 0


def test_two_stages_before_one_must_both_have_verified_a_release(desk: Desk, tmp_path: Path) -> None:
    gone_all_the_way(desk)
    assert set_from_file(desk, tmp_path / "line.yaml", "after: [staging]", "after: [dev, staging]") == 0
    second_with(desk, *GRAPH.stages)
    assert desk("--stage", "dev") == 0

    assert desk("--stage", "prod", "--release", "r2") == 9
    assert desk("--stage", "prod") == 0, "r1 is verified in both"


def test_a_site_older_than_lines_takes_that_of_the_release_that_has_gone_all_the_way(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.engine.promote.ensure_line", lambda *_: None)
        gone_all_the_way(desk)
    assert line_on_site(desk) is None
    second_with(desk, replace(DEV, gates=("smoke", "failover")), replace(STAGING, gates=("smoke",)), PROD)

    assert desk("--stage", "dev") == 9
    assert "gate failover of staging" in desk.err


def test_the_line_knows_what_makes_it_unusable() -> None:
    stage = LineStage("dev", (), (LineGate("smoke"),))
    assert Line((stage, stage)).problems() == ("stage dev is named twice",)
    assert Line((stage,)).problems() == ()


def test_an_audit_says_who_brought_what_into_the_last_stage_and_on_which_evidence(desk: Desk) -> None:
    gone_all_the_way(desk)
    assert desk("audit") == 0
    began, pinned, before, here = desk.out.splitlines()
    assert "p3: promote of r1" in began
    assert began.endswith("verified, by operator@desk (unverified)")
    assert "code commit-first" in pinned
    assert "verified in staging by p2" in before
    assert before.endswith("smoke pass (1 of 1), failover pass (1 of 1)")
    assert here == "  here: smoke pass (1 of 1)"


def test_a_question_about_an_unknown_stage_is_no_empty_answer(desk: Desk) -> None:
    assert desk("audit") == 2
    assert "no line yet" in desk.err
    gone_all_the_way(desk)
    for verb in ("audit", "why"):
        assert desk(verb, "--stage", "prdo") == 2
        assert "no stage 'prdo'" in desk.err
