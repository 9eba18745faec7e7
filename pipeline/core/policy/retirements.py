"""For which release something may be retired in a stage, and whether that may begin."""

from dataclasses import replace

from pipeline.core.history import History
from pipeline.core.policy.decision import Allow, Decision, Deny, Obstacle, decided
from pipeline.core.policy.entry import OF_A_RETIREMENT, OF_A_START, findings
from pipeline.core.policy.question import Question
from pipeline.core.policy.standing import Purpose, standing_choice
from pipeline.core.release import Release

_PURPOSE = Purpose(
    so="there is nothing to retire",
    rejected="what is beside it may be the way back",
    rule="nothing is retired for a release that a gate has turned down",
    may_go_back=False,  # after a retirement whose gate was red, what was before is gone
)


def may_retire(question: Question) -> Decision:
    """Whether what `retire_choice` has returned may lose what stands beside it now, by the asked plan.

    It can end the way back, so holds, freezes and approvals are as for a promotion into the stage; approvals
    are of this very plan. Every gate is run as the line asks, so the release must have all that is on it.
    Nothing enters the stage: stages before it and soak are not asked about.
    """
    stage, alias = question.stage, question.release.alias
    found = findings(question, OF_A_START + OF_A_RETIREMENT)
    decision = decided(found, Allow((f"{alias} stands verified in {stage}",)))
    if isinstance(decision, Deny) and decision.obstacle is Obstacle.NOT_APPROVED and question.plan:
        return replace(decision, next=f"{decision.next} --retire --digest {question.plan}")
    return decision


def retire_choice(history: History, stage: str) -> Release:
    """The release that stands in the stage. Raises NotEligible if it is not verified there, or rejected."""
    return standing_choice(history, stage, _PURPOSE)
