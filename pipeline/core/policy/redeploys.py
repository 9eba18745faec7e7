"""Which release the new host of a redeployment is of, and whether that may begin."""

from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.policy.decision import Allow, Decision, decided
from pipeline.core.policy.entry import findings
from pipeline.core.policy.frozen import in_freeze
from pipeline.core.policy.holds import held
from pipeline.core.policy.open_attempts import opened
from pipeline.core.policy.question import Question
from pipeline.core.policy.rejection import why_rejected
from pipeline.core.release import Release


def may_redeploy(question: Question) -> Decision:
    """Whether a host may be replaced now, by one of the release that `redeploy_choice` has returned.

    Nothing enters the stage, so stages before it, soak and approvals are not asked about.
    """
    found = findings(question, (held, in_freeze, opened))
    return decided(found, Allow((f"{question.release.alias} stands verified in {question.stage}",)))


def redeploy_choice(history: History, stage: str) -> Release:
    """The release that stands in the stage. Raises NotEligible if it is not verified there, or rejected."""
    view = history.stage(stage)
    if view.standing is None:
        raise NotEligible(
            f"nothing stands in {stage}, so no host of it can be redeployed", next=f"promote --stage {stage}"
        )
    release = history.releases[view.standing]
    if why := why_rejected(history, release):
        raise NotEligible(
            f"{release.alias} stands in {stage}, and no host is made of it any more",
            why=why,
            next=f"promote rollback --stage {stage}",
        )
    if release.id not in view.verified:
        back = history.goals(stage)
        raise NotEligible(
            f"{release.alias}, which stands in {stage}, is not verified there",
            why="a host is redeployed as the stage's verified release has it",
            next=f"promote rollback --stage {stage}" if back else f"promote --stage {stage}",
        )
    return release
