"""Approvals on a forge are told with a promotion, and stand for none of the line's."""

import pytest
from desk import Desk, as_person, set_rules

from pipeline.core.approval import ApprovalRule, GivenApproval
from pipeline.core.errors import ForgeRefused
from pipeline.core.forge_rule import ForgeRule
from pipeline.testing import FakeForge

ANNA, OWN = (
    GivenApproval("anna", approved=True, comment="fine"),
    GivenApproval("operator@desk", approved=True),
)
BOB = GivenApproval("bob", approved=False)
PREMIUM_IS_MISSING = ForgeRefused("GitLab refuses", why="403: 403 Forbidden", next="promote deliver")


@pytest.fixture
def forge(standing: Desk) -> FakeForge:
    """The forge of a desk where a first release may enter staging."""
    standing.bench.forge = found = FakeForge(given=(OWN, ANNA, BOB))
    set_rules(standing, "staging", forge=ForgeRule(approvals=True))
    return found


@pytest.mark.usefixtures("forge")
def test_who_approved_on_the_forge_is_told_of_a_promotion_but_for_who_promotes(desk: Desk) -> None:
    assert desk("why", "--stage", "staging", "--release", "r1") == 0
    assert "approved on the forge by anna: fine\nrejected on the forge by bob" in desk.out
    assert "operator" not in desk.out

    assert desk("--stage", "staging") == 0
    desk("audit", "--stage", "staging")
    assert "  approved on the forge by anna: fine\n  rejected on the forge by bob\n" in desk.out
    assert "on the forge by operator" not in desk.out
    (entry,) = desk.document("audit", "--stage", "staging")["entries"]
    assert entry["given"][0] == {"person": "anna", "approved": True, "comment": "fine"}
    assert entry["approvals"] == []


@pytest.mark.usefixtures("forge")
def test_approvals_on_the_forge_stand_for_none_of_the_lines(desk: Desk) -> None:
    set_rules(desk, "staging", approvals=ApprovalRule(1))
    assert desk("--stage", "staging") == 9
    assert "nobody has approved" in desk.err
    assert as_person(desk, "anna", "approve", "--stage", "staging", "--release", "r1", "--yes") == 0
    assert desk("--stage", "staging") == 0


def test_a_forge_without_approvals_changes_nothing(desk: Desk, forge: FakeForge) -> None:
    forge.unread = [PREMIUM_IS_MISSING] * 2
    assert desk("why", "--stage", "staging", "--release", "r1") == 0
    assert "approvals on the forge could not be read: GitLab refuses: 403" in desk.out
    assert desk("--stage", "staging") == 0
    assert "approvals on the forge could not be read" in " ".join(desk.bench.quiet.messages)


def test_a_line_that_takes_no_approvals_does_not_ask_for_them(desk: Desk, forge: FakeForge) -> None:
    set_rules(desk, "staging", forge=ForgeRule())
    forge.unread = [AssertionError("nobody asked")]
    assert desk("--stage", "staging") == 0
    assert desk.bench.shop().history().attempts["p2"].given == ()
