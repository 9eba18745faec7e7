"""An override carries one gate of one release in one stage, is seen for ever, and lifts nothing else."""

from pathlib import Path

import pytest
from desk import Desk, as_person, assert_the_file_is_the_line, green, second_fails, set_from_file, set_rules

from pipeline.cli.sentences import Told, sentence
from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.overrides import Override
from pipeline.core.verdict import Evidence, Verdict

R2 = ("--stage", "dev", "--release", "r2", "--gate", "smoke")
SAID = "(overridden by operator@desk (unverified): known defect 812)"


def turned_down(desk: Desk) -> str:
    """r1 is verified in dev; its gate has turned down r2, whose id it is, once."""
    desk(*green(desk))
    set_rules(desk, "dev", overriders=("alice", "operator@desk"))
    second_fails(desk)
    assert desk("--stage", "dev") == 3
    return desk.bench.revisions.pin.id


def override(desk: Desk, *argv: str) -> int:
    return desk("override", *(argv or R2), "--reason", "known defect 812", "--yes")


def test_what_a_gate_turned_down_goes_on_with_an_override(desk: Desk) -> None:
    release = turned_down(desk)

    assert override(desk) == 0
    assert desk.out == "gate smoke of dev is overridden, for r2: known defect 812\n"
    history = desk.bench.shop().history()
    assert release not in history.stage("dev").verified, "it changes nothing in the past"

    assert desk("--stage", "dev") == 0
    assert f"smoke fail {SAID}" in desk.out
    assert desk.bench.world.stages["dev"] == {"a": "2"}
    history = desk.bench.shop().history()
    assert history.stage("dev").pointer == release
    evidence = history.attempts["p4"].evidence["smoke"]
    assert (evidence.verdict.value, evidence.passed) == ("fail", 0), "the gate ran, and its evidence is kept"
    assert desk("--stage", "staging") == 3, "it is an override of dev's gate, and not of staging's"


def test_it_stands_beside_the_verdict_for_ever(desk: Desk) -> None:
    turned_down(desk)
    override(desk)
    desk("--stage", "dev")
    assert desk("override", *R2, "--reason", "812 is fixed", "--withdraw") == 0
    assert desk.out == "gate smoke of dev is no longer overridden, for r2: 812 is fixed\n"

    for verb in (("show", "p4"), ("history",), ("audit", "--stage", "dev")):
        assert desk(*verb) == 0
        assert SAID in desk.out, verb
    assert desk("status") == 0
    assert desk.out.splitlines()[-3].split()[:4] == ["dev", "r2", "smoke", "operator@desk"]
    assert desk.out.splitlines()[-3].endswith("over   known defect 812")
    (gate,) = desk.document("show", "p4")["attempt"]["gates"]
    assert (gate["verdict"], gate["override"]["reason"]) == ("fail", "known defect 812")
    assert desk.document("status")["overrides"] == []


@pytest.mark.parametrize(
    ("way", "code"),
    [
        (lambda desk: desk("override", *R2, "--reason", "fixed", "--withdraw"), 3),
        (lambda desk: setattr(desk.bench.clock, "time", desk.bench.clock.time + 3600), 3),
        (lambda desk: setattr(desk.bench.clock, "time", desk.bench.clock.time + 3599), 0),
        (lambda desk: set_rules(desk, "dev", overriders=("alice",)), 3),
    ],
    ids=["withdrawn", "over", "almost over", "its author may no longer"],
)
def test_it_carries_only_while_it_stands(desk: Desk, way: object, code: int) -> None:
    turned_down(desk)
    assert override(desk, *R2, "--for", "1h") == 0
    way(desk)

    assert desk("--stage", "dev") == code


def test_it_is_of_this_release_alone(desk: Desk) -> None:
    turned_down(desk)
    override(desk)
    third = desk.bench.commit("third", a="3")
    desk.bench.answers[f"smoke of {third}"] = "failed"

    assert desk("--stage", "dev") == 3


@pytest.mark.parametrize("answer", ["skipped", "crash"])
def test_a_gate_that_ran_and_was_inconclusive_can_be_overridden(desk: Desk, answer: str) -> None:
    release = turned_down(desk)
    override(desk)
    desk.bench.answers[f"smoke of {release}"] = answer

    assert desk("--stage", "dev") == 0
    assert f"smoke inconclusive {SAID}" in desk.out


@pytest.mark.parametrize("starts", [True, False])
def test_a_gate_that_could_not_start_or_sees_less_than_the_line_asks_can_not(
    desk: Desk, *, starts: bool
) -> None:
    release = turned_down(desk)
    override(desk)
    desk.interrupted("--stage", "dev", after=3)
    desk.bench.world.checks[f"smoke of {release}"] = ("other",)
    if not starts:
        desk.bench.world.broken.add(f"roster of {release}")

    assert desk("resume", "--stage", "dev") == 10
    assert ("the gate sees less than this site's line asks" in desk.err) is starts


def test_neither_a_rollback_nor_a_gate_by_hand_is_overridden(desk: Desk) -> None:
    release = turned_down(desk)
    desk.bench.answers.clear()
    assert desk("--stage", "dev") == 0
    override(desk)
    desk.bench.answers[f"smoke of {release}"] = "failed"

    assert desk("gate", "smoke", "--stage", "dev") == 3
    assert desk("rollback", "--stage", "dev", "--to", "r1") == 0
    assert desk("rollback", "--stage", "dev", "--to", "r2") == 8


def test_it_lifts_no_hold_and_no_other_gate(desk: Desk) -> None:
    release = turned_down(desk)
    override(desk)
    desk("hold", "--reason", "night")
    assert desk("--stage", "dev") == 6
    desk("unhold")

    desk("--stage", "dev")
    desk.bench.answers[f"smoke of {release}"] = "passed"
    desk.bench.answers[f"failover of {release}"] = "failed"
    assert desk("--stage", "staging") == 3


def test_the_live_lines_tell_of_it() -> None:
    by = Override("dev", "r", "smoke", "known defect 812", Actor("alice", proved=True), 0.0)
    event = ev.GateJudged("p1", "smoke", 1, Evidence(Verdict.FAIL, (), 1, 2), override=by)

    told = "gate smoke: fail, 1 of 2 checks passed (overridden by alice: known defect 812)"
    assert sentence(event, Told()) == told


def test_the_last_words_name_the_gate_that_failed_and_not_the_overridden_one(desk: Desk) -> None:
    desk.bench.commit("first", a="1")
    assert (desk("--stage", "dev"), desk("--stage", "staging")) == (0, 0)
    set_rules(desk, "staging", overriders=("operator@desk",))
    release = desk.bench.commit("second", a="2")
    desk("--stage", "dev")
    assert override(desk, "--stage", "staging", "--release", "r2", "--gate", "smoke") == 0
    desk.bench.answers[f"smoke of {release}"] = desk.bench.answers[f"failover of {release}"] = "failed"

    assert desk("--stage", "staging") == 3
    assert "failover" in desk.err.splitlines()[-5]


@pytest.mark.parametrize(
    ("argv", "code", "why"),
    [
        (("--stage", "prod", *R2[2:]), 9, "allows nobody"),
        (("--stage", "nowhere", *R2[2:]), 2, "no stage 'nowhere'"),
        ((*R2[:4], "--gate", "smok"), 2, "r2 has no gate 'smok' in dev"),
        ((*R2[:2], "--release", "r9", *R2[4:]), 2, "r9"),
    ],
)
def test_what_cannot_be_overridden_is_refused_with_the_reason(
    desk: Desk, argv: tuple[str, ...], code: int, why: str
) -> None:
    turned_down(desk)
    before = desk.bench.shop().history().head

    assert override(desk, *argv) == code
    assert why in desk.err
    assert desk.bench.shop().history().head == before


def test_only_those_whom_the_line_names_may(desk: Desk) -> None:
    turned_down(desk)
    set_rules(desk, "dev", overriders=("alice",))

    assert override(desk) == 9
    assert "operator@desk may not override a gate in dev" in desk.err
    assert "this site's line allows alice" in desk.err


def test_a_line_may_ask_that_somebody_vouches_for_who_overrides(desk: Desk) -> None:
    turned_down(desk)
    words = ("override", *R2, "--reason", "known defect 812", "--yes")
    assert as_person(desk, "alice", *words) == 0
    set_rules(desk, "dev", overriders_verified=True)

    assert desk("--stage", "dev") == 3, "nor does one count that was placed before"
    assert as_person(desk, "alice", *words) == 9
    assert "alice may not override a gate in dev" in desk.err
    assert "nobody vouches for the name alice" in desk.err
    assert as_person(desk, "alice", *words, proved=True) == 0
    assert desk("--stage", "dev") == 0


def test_nobody_overrides_unasked(desk: Desk) -> None:
    turned_down(desk)

    assert desk("override", *R2, "--reason", "x") == 2
    assert "add --yes" in desk.err
    assert desk("override", *R2, "--reason", "x", "--withdraw", "--yes") == 2
    assert desk("override", *R2, "--reason", "x", "--withdraw") == 9
    assert "gate smoke in dev is not overridden for r2" in desk.err


def test_who_may_override_stands_in_the_file_of_the_line(desk: Desk, tmp_path: Path) -> None:
    turned_down(desk)
    file = tmp_path / "line.yaml"
    assert_the_file_is_the_line(desk, file)
    assert desk("line", "set", "--from", "r1") == 0
    assert desk.out == "no change\n", "no config describes it, so it stays"

    assert set_from_file(desk, file, "[alice, operator@desk]", "[alice]") == 0
    assert "- stage dev: operator@desk may override gates" in desk.out

    by_alice = "[alice]\n      verified: "
    assert set_from_file(desk, file, f"{by_alice}false", f"{by_alice}true") == 0
    assert "+ stage dev: alice may override gates, if the name is verified\n" in desk.out
    assert desk("line", "show", "--yaml") == 0
    assert "    overrides:\n      by: [alice]\n      verified: true\n" in desk.out
