"""For how long, and on which terms, the line lets evidence be reused."""

from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk, green, set_from_file

from pipeline.core.line import difference
from pipeline.core.passes import Pass, after_step
from pipeline.core.plan import Inputs, Plan, Roster, RosterEntry, Step
from pipeline.core.reuse import Terms, reusable, watching

ROSTER = Roster((RosterEntry("c", "h", "k"),), 60, "d", {"c": Inputs("1", ("h",))})
DIGEST = reusable(ROSTER, Terms((), 60, Plan(), 0.0)).inputs["c/k"]
FRESH = Terms((Pass("p1", 0.0, {"c/k": DIGEST}),), 60, Plan(), 60.0)


def after_a_step(host: str | None) -> Terms:
    return replace(FRESH, passes=after_step({"smoke": FRESH.passes}, host)["smoke"])


@pytest.mark.parametrize(
    ("roster", "terms", "why"),
    [
        (ROSTER, replace(FRESH, anew=True), "every check was asked for anew"),
        (ROSTER, replace(FRESH, within_s=0), "this site's line lets the gate reuse nothing"),
        (replace(ROSTER, inputs={}), FRESH, "it is not known what the checks of the release rest on"),
        (replace(ROSTER, inputs={"d": Inputs("1")}), FRESH, "it is not known what it rests on"),
        (ROSTER, replace(FRESH, passes=()), "it has no pass here that still counts"),
        (replace(ROSTER, inputs={"c": Inputs("2")}), FRESH, "p1 passed it on other inputs"),
        (ROSTER, replace(FRESH, now=60.1), "p1 did not pass it within the last 60 s"),
        (ROSTER, replace(FRESH, plan=Plan((Step("s", "k", "h", "t"),))), "step s changes h"),
        (ROSTER, replace(FRESH, plan=Plan((Step("s", "k", None, "t"),))), "step s belongs to no single host"),
        (ROSTER, after_a_step("h"), "h was changed after p1 passed it"),
        (ROSTER, after_a_step(None), "the stage was changed after p1 passed it"),
    ],
)
def test_each_reason_against_a_reuse_is_told(roster: Roster, terms: Terms, why: str) -> None:
    assert reusable(ROSTER, FRESH).taken == {"c/k": "p1"}

    found = reusable(roster, terms)

    assert (found.taken, found.why_not) == ({}, {"c/k": why})


def test_a_step_on_another_host_leaves_it_as_it_is() -> None:
    assert reusable(ROSTER, after_a_step("i")).taken == {"c/k": "p1"}


def test_a_step_that_makes_the_image_leaves_it_as_it_is_since_the_image_is_an_input() -> None:
    image = Plan((Step("image", "image", None, "t"),))
    assert reusable(ROSTER, replace(FRESH, plan=image)).taken


def test_a_check_on_more_hosts_than_before_is_another() -> None:
    wider = replace(ROSTER, entries=(*ROSTER.entries, RosterEntry("c", "i", "k")))

    assert reusable(wider, FRESH).why_not == {"c/k": "p1 passed it on other inputs"}


def test_what_a_partial_roster_keeps_of_inputs_is_what_its_checks_look_at() -> None:
    inputs = {name: Inputs(name) for name in ("c", "n", "other")}
    found = watching(replace(ROSTER, inputs=inputs), {"c/k": ("n",), "c/gone": ("other",)})

    assert (set(found.inputs), found.watches) == ({"c", "n"}, {"c/k": ("n",)})


def test_the_line_says_for_how_long_and_a_change_of_it_is_shown(desk: Desk, tmp_path: Path) -> None:
    desk(*green(desk))
    file = tmp_path / "line.yaml"
    before = desk.bench.shop().history().line

    assert set_from_file(desk, file, "reuse: {smoke: 3600s, failover: 604800s}", "reuse: {smoke: 2d}") == 0

    now = desk.bench.shop().history().line
    assert now is not None
    rules = now.stage("staging")
    assert rules is not None
    assert (rules.reuse_s("smoke"), rules.reuse_s("failover"), rules.reuse_s("api")) == (172800, 0, 0)
    assert difference(before, now) == (
        "- stage staging: gate smoke reuses evidence for 3600 s",
        "- stage staging: gate failover reuses evidence for 604800 s",
        "+ stage staging: gate smoke reuses evidence for 172800 s",
    )


def test_a_file_from_before_there_was_reuse_lets_nothing_be_reused(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "line.yaml"
    file.write_text("stages:\n  dev: {gates: {smoke: {thing: [smoke]}}}\n")

    assert desk("line", "set", str(file), "--yes") == 0
    line = desk.bench.shop().history().line
    assert line is not None
    assert line.stages[0].gates[0].reuse_s == 0


def test_a_line_taken_from_a_release_keeps_for_how_long_evidence_is_reused(
    desk: Desk, tmp_path: Path
) -> None:
    desk(*green(desk))
    assert set_from_file(desk, tmp_path / "line.yaml", "reuse: {smoke: 3600s}", "reuse: {smoke: 1s}") == 0
    desk.bench.world.checks["smoke"] = ("smoke", "more")

    assert desk("line", "set", "--from", "r1", "--yes") == 0

    assert "reuses evidence" not in desk.out
