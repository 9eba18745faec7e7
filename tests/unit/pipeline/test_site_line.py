"""The rules that judge a release belong to the site: no release can bring its own."""

from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk

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
    quiet = desk.bench.quiet
    quiet.after = len(quiet.records) + 3
    assert desk("--stage", "dev") == 143
    quiet.after = quiet.signal = None
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


def set_from_file(desk: Desk, file: Path, change: tuple[str, str]) -> None:
    """Set the line that stands, changed in one place."""
    assert desk("line", "show", "--yaml") == 0
    assert change[0] in desk.out
    file.write_text(desk.out.replace(*change, 1))
    assert desk("line", "set", str(file), "--yes") == 0, desk.err


def test_the_line_is_shown_as_the_file_that_sets_it(desk: Desk, tmp_path: Path) -> None:
    gone_all_the_way(desk)
    file = tmp_path / "line.yaml"
    before = line_on_site(desk)

    assert desk("line", "show", "--yaml") == 0
    file.write_text(desk.out)
    assert desk("line", "set", str(file)) == 0
    assert desk.out == "no change\n"

    set_from_file(desk, file, ("thing: [smoke]", "thing: [smoke, more]"))
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


def test_all_problems_of_a_line_are_named_with_their_places(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "line.yaml"
    file.write_text(
        "stages:\n  dev: {gates: {smoke: {a: [b]}}, lab: maybe}\n  dev: {}\n  prod: {befor: dev}\n"
    )

    assert desk("line", "set", str(file), "--yes") == 2

    assert f"{file}:2:40: lab must be true or false" in desk.err
    assert f"{file}:3:3: dev is there twice" in desk.err
    assert f"{file}:4:10: stage prod has no key befor (it has after, soak, " in desk.err
    assert "the line has 3 problems; nothing was changed" in desk.err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no key stages"),
        ("stages: [", "not YAML"),
        ("stages: {}", "there is no stage"),
        ("stages: {dev: {}}", "stage dev has no gate"),
        ("stages: {dev: {gates: {smoke: {}}, after: prod}}", "not an earlier stage"),
        ("stages: {dev: {gates: {smoke: {a: {b: c}}}}}", "must be a list of names"),
    ],
)
def test_a_line_that_no_release_could_follow_is_refused(
    desk: Desk, tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "line.yaml").write_text(text)

    assert desk("line", "set", str(tmp_path / "line.yaml"), "--yes") == 2
    assert why in desk.err
    assert line_on_site(desk) is None


def test_what_was_verified_by_less_does_not_enter_the_next_stage_and_stays_a_goal_of_rollbacks(
    desk: Desk, tmp_path: Path
) -> None:
    gone_all_the_way(desk)
    second_with(desk, *GRAPH.stages)
    assert desk("--stage", "dev") == 0
    set_from_file(desk, tmp_path / "line.yaml", ("thing: [smoke]", "thing: [smoke, more]"))

    assert desk("--stage", "staging") == 9
    assert "r2 was verified in dev when this site's line asked less of dev" in desk.err
    assert desk("rollback", "--stage", "dev", "--to", "r1") == 0

    desk.bench.world.checks["smoke"] = ("smoke", "more")
    assert desk("--stage", "dev", "--release", "r2") == 0
    assert desk("--stage", "staging") == 0


def test_an_interrupted_promotion_does_not_end_by_the_rules_of_before(desk: Desk, tmp_path: Path) -> None:
    gone_all_the_way(desk)
    second_with(desk, *GRAPH.stages)
    quiet = desk.bench.quiet
    quiet.after = len(quiet.records) + 3
    assert desk("--stage", "dev") == 143
    quiet.after = quiet.signal = None
    set_from_file(desk, tmp_path / "line.yaml", ("thing: [smoke]", "thing: [smoke, more]"))

    assert desk("resume", "--stage", "dev") == 9
    assert "asks more of dev than when p4 began" in desk.err
    assert desk("abort", "--stage", "dev") == 0


def test_two_stages_before_one_must_both_have_verified_a_release(desk: Desk, tmp_path: Path) -> None:
    gone_all_the_way(desk)
    file = tmp_path / "line.yaml"
    set_from_file(desk, file, ("after: [staging]", "after: [dev, staging]"))
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
