"""Approvals: by others than who promotes, as many as the line asks, all of one plan, for a time."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk, as_person, green, set_rules

from pipeline.core.approval import ApprovalRule
from pipeline.testing.deployer import Recipe

STAGING = ("--stage", "staging")
APPROVE = ("approve", *STAGING, "--release", "r1")
WHY = ("why", *STAGING, "--release", "r1")


def asked(desk: Desk, rule: ApprovalRule) -> None:
    """r1 is verified in dev, and staging asks for such approvals."""
    assert desk(*green(desk)) == 0
    set_rules(desk, "staging", approvals=rule)


def approved_by(desk: Desk, *names: str, proved: bool = False) -> None:
    for name in names:
        assert as_person(desk, name, *APPROVE, "--yes", proved=proved) == 0, desk.err


def reasons(desk: Desk) -> list[str]:
    (release,) = desk.document(*WHY)["releases"]
    return [reason for finding in release["findings"] for reason in finding["reasons"]]


def test_a_promotion_waits_for_as_many_people_as_the_line_asks(desk: Desk) -> None:
    asked(desk, ApprovalRule(2))

    assert desk(*STAGING) == 9
    assert "r1 may not enter staging" in desk.err
    assert "staging asks for 2 approvals of r1 by others than who promotes it" in desk.err
    assert "and 2 are missing (nobody has approved)" in desk.err
    assert "next: promote approve --stage staging --release r1" in desk.err

    approved_by(desk, "anna")
    assert "approved for staging by anna (unverified), plan " in desk.out
    desk.bench.clock.time += 7200
    (reason,) = reasons(desk)
    plan = desk.document("plan", *STAGING)["digest"]
    assert reason.endswith(
        f"1 is missing (anna (unverified) approved plan {plan[:12]}, which counts for 22 h more)"
    )
    assert desk.code == 9, "what is planned may not go"

    approved_by(desk, "bob")
    assert reasons(desk) == []
    assert desk("plan", *STAGING) == 0
    assert desk(*STAGING) == 0, desk.err


def test_nobody_counts_twice_nor_for_their_own_promotion(desk: Desk) -> None:
    asked(desk, ApprovalRule(1))
    approved_by(desk, "operator@desk")

    assert desk(*STAGING) == 9
    assert "nobody approves what they promote themselves" in desk.err
    assert as_person(desk, "anna", *WHY) == 0
    assert "may enter" in desk.out, "somebody else may promote it"

    set_rules(desk, "staging", approvals=ApprovalRule(2))
    approved_by(desk, "anna")
    approved_by(desk, "anna", proved=True)
    assert desk(*STAGING) == 9, "a name is one person, whether or not somebody vouches for it"
    approved_by(desk, "bob")
    assert desk(*STAGING) == 0


def test_an_approval_counts_for_as_long_as_the_line_says(desk: Desk) -> None:
    asked(desk, ApprovalRule(1, within_s=3600))
    approved_by(desk, "anna")
    desk.bench.clock.time += 3600

    assert desk(*STAGING) == 9
    assert "the approval by anna (unverified) does not count any more: it is older than 60 min" in desk.err
    approved_by(desk, "anna")
    desk.bench.clock.time += 3599
    assert desk(*STAGING) == 0


def test_a_changed_plan_voids_its_approvals(desk: Desk) -> None:
    asked(desk, ApprovalRule(2))
    approved_by(desk, "anna")
    desk.bench.world.recipes[desk.bench.revisions.pin.id] = Recipe({"a": "1", "b": "1"})
    approved_by(desk, "bob")
    assert desk(*STAGING) == 9
    assert "anna (unverified) approved another plan" in " ".join(reasons(desk))

    approved_by(desk, "anna")
    desk.bench.world.stages["staging"] = {"b": "1"}
    assert desk("plan", *STAGING) == 9
    assert desk(*STAGING) == 9
    assert "this is not the plan that was approved" in desk.err
    attempt = desk.bench.shop().history().attempts["p2"]
    assert (attempt.outcome.value, attempt.touched) == ("refused", False)

    approved_by(desk, "anna", "bob")
    assert desk(*STAGING) == 0


def test_an_approval_is_for_one_promotion(desk: Desk) -> None:
    asked(desk, ApprovalRule(1))
    approved_by(desk, "anna")
    desk.bench.answers["failover"] = "failed"
    assert desk(*STAGING) == 3
    desk.bench.world.stages.pop("staging")

    assert desk(*STAGING) == 9
    assert "nobody has approved" in desk.err


def test_a_promotion_that_changed_nothing_leaves_its_approvals(desk: Desk) -> None:
    asked(desk, ApprovalRule(1))
    approved_by(desk, "anna")
    desk.bench.world.broken.add("plan")
    assert desk(*STAGING) == 1
    desk.bench.world.broken.clear()

    assert desk(*STAGING) == 0


def test_only_those_whom_the_line_names_and_somebody_vouches_for_may_approve(desk: Desk) -> None:
    asked(desk, ApprovalRule(1, by=("anna", "bob"), verified=True))

    assert as_person(desk, "carol", *APPROVE, "--yes", proved=True) == 9
    assert "carol is not among those who may approve: anna, bob" in desk.err
    assert as_person(desk, "anna", *APPROVE, "--yes") == 9
    assert "nobody vouches for the name anna" in desk.err
    approved_by(desk, "anna", proved=True)
    assert desk(*STAGING) == 0


def test_an_approval_counts_by_the_line_of_today(desk: Desk) -> None:
    asked(desk, ApprovalRule(1))
    approved_by(desk, "anna")
    set_rules(desk, "staging", approvals=ApprovalRule(1, by=("bob",)))

    assert desk(*STAGING) == 9
    assert "anna (unverified) is not among those who may approve: bob" in desk.err


def test_everybody_takes_only_their_own_approval_back(desk: Desk) -> None:
    asked(desk, ApprovalRule(1))
    approved_by(desk, "anna")

    assert as_person(desk, "bob", *APPROVE, "--withdraw") == 9
    assert "bob (unverified) has not approved r1 for staging" in desk.err
    assert as_person(desk, "anna", *APPROVE, "--withdraw", "--reason", "not today") == 0
    assert "the approval for staging by anna (unverified) is taken back" in desk.out
    assert desk(*STAGING) == 9


def test_a_plan_in_a_file_is_approved_and_promoted_as_it_is(desk: Desk, tmp_path: Path) -> None:
    asked(desk, ApprovalRule(1))
    file = tmp_path / "plan.json"
    assert desk("plan", *STAGING, "--out", str(file)) == 9, "it may not go yet, and is written"
    digest = json.loads(file.read_text())["digest"]

    assert as_person(desk, "anna", "approve", "--plan", str(file)) == 0, desk.err
    assert as_person(desk, "anna", "approve", "--plan", str(file), "--stage", "dev") == 2
    assert as_person(desk, "bob", *APPROVE, "--digest", digest[:12]) == 2
    assert as_person(desk, "bob", *APPROVE, "--digest", "0" * 64) == 0
    assert as_person(desk, "bob", *APPROVE, "--digest", digest, "--plan", str(file)) == 2
    assert as_person(desk, "bob", "approve", *STAGING) == 2

    assert desk("--plan", str(file)) == 0, desk.err


def test_the_approvals_are_those_of_the_plan_that_is_asked_for(desk: Desk, tmp_path: Path) -> None:
    asked(desk, ApprovalRule(1))
    file = tmp_path / "plan.json"
    desk("plan", *STAGING, "--out", str(file))
    assert as_person(desk, "anna", *APPROVE, "--digest", "0" * 64) == 0

    assert desk("--plan", str(file)) == 9
    assert "anna (unverified) approved another plan, 000000000000" in desk.err
    assert "p2" not in desk.bench.shop().history().attempts


def test_nobody_approves_what_they_were_not_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(desk, ApprovalRule(1))
    desk.bench.actor = replace(desk.bench.actor, name="anna")
    assert desk(*APPROVE) == 2
    assert "needs confirmation" in desk.err
    assert f"next: {' '.join(('promote', *APPROVE))} --yes" in desk.err
    with monkeypatch.context() as closed:
        closed.setattr("sys.stdin", None)
        assert desk(*APPROVE) == 2

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.confirm", lambda *_args, **_more: False)
    assert desk(*APPROVE) == 2
    assert "not confirmed; nothing was approved" in desk.err
    assert "make a 1" in desk.err
    assert desk.bench.shop().history().approvals == ()

    monkeypatch.setattr("click.confirm", lambda *_args, **_more: True)
    assert desk(*APPROVE) == 0


@pytest.mark.parametrize(
    ("argv", "code", "why"),
    [
        (("--stage", "dev", "--release", "r1"), 9, "dev asks for no approvals"),
        (("--stage", "nowhere", "--release", "r1"), 2, "no stage 'nowhere'"),
        (("--stage", "staging", "--release", "r9"), 2, "no release 'r9'"),
    ],
)
def test_an_approval_that_nobody_asks_for_is_refused(
    desk: Desk, argv: tuple[str, ...], code: int, why: str
) -> None:
    asked(desk, ApprovalRule(1))

    assert desk("approve", *argv, "--yes") == code
    assert why in desk.err


def test_a_plan_that_refuses_is_not_approved(desk: Desk) -> None:
    asked(desk, ApprovalRule(1))
    desk.bench.world.recipes[desk.bench.revisions.pin.id] = Recipe({}, {}, ("the schema cannot go back",))

    assert desk(*APPROVE, "--yes") == 9
    assert "the schema cannot go back" in desk.err


def test_what_was_approved_when_it_began_goes_on_although_that_has_expired(desk: Desk) -> None:
    asked(desk, ApprovalRule(1, within_s=60))
    approved_by(desk, "anna")
    desk.interrupted(*STAGING, after=3)
    desk.bench.clock.time += 3600

    assert desk("resume") == 0, desk.err


@pytest.mark.parametrize(
    "stricter", [ApprovalRule(2), ApprovalRule(1, by=("bob",)), ApprovalRule(1, verified=True)]
)
def test_an_interrupted_promotion_does_not_end_by_fewer_approvals_than_the_line_asks(
    desk: Desk, stricter: ApprovalRule
) -> None:
    asked(desk, ApprovalRule(1))
    approved_by(desk, "anna")
    desk.interrupted(*STAGING, after=3)
    set_rules(desk, "staging", approvals=stricter)

    assert desk("resume") == 9
    assert "this site's line asks for approvals that p2 did not have when it began" in desk.err
    assert desk("abort") == 0


def test_the_audit_names_the_approvals_that_let_each_promotion_in(desk: Desk) -> None:
    asked(desk, ApprovalRule(1))
    approved_by(desk, "operator@desk")
    assert as_person(desk, "anna", *APPROVE, "--yes", "--reason", "reviewed") == 0
    at = desk.bench.clock.time
    desk.bench.clock.time += 60
    assert desk(*STAGING) == 0

    (entry,) = desk.document("audit", *STAGING)["entries"]
    (approval,) = entry["approvals"]
    assert (approval["by"]["name"], approval["reason"]) == ("anna", "reviewed")
    assert desk("audit", *STAGING) == 0
    assert "  approved by anna (unverified), " in desk.out
    (kept,) = desk.bench.shop().history().attempts["p2"].approvals
    assert kept.at == at
