"""Which release the new host of a redeployment is of, and whether that may begin."""

from pipeline.core.history import History
from pipeline.core.policy.decision import Allow, Decision, decided
from pipeline.core.policy.entry import findings
from pipeline.core.policy.frozen import in_freeze, unsaid
from pipeline.core.policy.holds import held
from pipeline.core.policy.open_attempts import opened
from pipeline.core.policy.question import Question
from pipeline.core.policy.standing import Purpose, standing_choice
from pipeline.core.release import Release

_PURPOSE = Purpose(
    so="no host of it can be redeployed",
    rejected="no host is made of it any more",
    rule="a host is redeployed as the stage's verified release has it",
)


def may_redeploy(question: Question) -> Decision:
    """Whether a host may be replaced now, by one of the release that `redeploy_choice` has returned.

    Nothing enters the stage, so stages before it, soak and approvals are not asked about.
    """
    found = findings(question, (held, in_freeze, unsaid, opened))
    return decided(found, Allow((f"{question.release.alias} stands verified in {question.stage}",)))


def redeploy_choice(history: History, stage: str) -> Release:
    """The release that stands in the stage. Raises NotEligible if it is not verified there, or rejected."""
    return standing_choice(history, stage, _PURPOSE)
