"""Approve: a person's word that a release may enter a stage by one plan, and taking it back."""

from pipeline.core import events as ev
from pipeline.core.approval import Approval, ApprovalRule
from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.core.release import Release
from pipeline.engine.known import rules_on
from pipeline.workshop import Office


def approve(  # noqa: PLR0913, PLR0917 - each is a part of what is said
    office: Office, stage: str, release: Release, plan: str, reason: str, kind: Kind = Kind.PROMOTE
) -> Approval:
    """Approve that the release enters the stage, or retires what is beside it, by the plan with this digest.

    Raises NotEligible if the line asks for no approvals there, or not for this person's, and UsageProblem for
    an unknown stage.
    """
    require_may_approve(office, stage, release)
    said = ev.PromotionApproved(stage, release.id, plan, office.actor, reason, kind)
    (record,) = office.ledger.append([said])
    return Approval(stage, release.id, plan, office.actor, reason, record.at, kind)


def withdraw(office: Office, stage: str, release: Release, reason: str) -> Approval:
    """Take one's own approval back; return it. Raises NotEligible when there is none."""
    for item in office.history().approvals:
        if (item.stage, item.release, item.by) == (stage, release.id, office.actor):
            office.ledger.append([ev.ApprovalWithdrawn(stage, release.id, office.actor, reason)])
            return item
    raise NotEligible(
        f"{office.actor} has not approved {release.alias} for {stage}",
        next=f"promote why --stage {stage} --release {release.alias}",
    )


def require_may_approve(office: Office, stage: str, release: Release) -> None:
    """Raise NotEligible or UsageProblem, as `approve` does, before anything is planned."""
    rule = approval_rule(office.history(), stage, release)
    if not rule.count:
        raise NotEligible(f"{stage} asks for no approvals", next=f"promote --stage {stage}")
    if unfit := rule.unfit(office.actor):
        raise NotEligible(
            f"{office.actor} may not approve for {stage}", why=unfit, next="promote line show --yaml"
        )


def approval_rule(history: History, stage: str, release: Release) -> ApprovalRule:
    """What the line asks there. Raises UsageProblem for a stage that is not on it."""
    return rules_on(history.line_for(release), stage).approvals
