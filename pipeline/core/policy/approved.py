"""A promotion has been approved by as many people as the line asks, all for the same plan."""

from collections.abc import Iterable

from pipeline.core.approval import Approval
from pipeline.core.attempt import Attempt
from pipeline.core.line import LineStage
from pipeline.core.plan_digest import digest_of
from pipeline.core.policy.decision import Deny, Obstacle
from pipeline.core.policy.question import Question
from pipeline.core.transitions import Phase

_TWO_HOURS_S = 7200


def unapproved(question: Question) -> Deny | None:
    """Names who has approved and for how long that counts, how many are missing, and what does not count."""
    rule, alias = question.rules.approvals, question.release.alias
    found = approvals_of(question)
    missing = rule.count - len(_people(found))
    if missing <= 0:
        return None
    nobody = "none that was given counts" if question.approvals else "nobody has approved"
    has = "; ".join(f"{item.by} approved plan {item.plan[:12]}, {_left(item, question)}" for item in found)
    asked = f"{question.stage} asks for {_counted(rule.count)} of {alias} by others than who promotes it"
    reasons = (
        f"{asked}, and {missing} {'is' if missing == 1 else 'are'} missing ({has or nobody})",
        *_that_do_not_count(question, found),
    )
    return Deny(Obstacle.NOT_APPROVED, reasons, f"promote approve --stage {question.stage} --release {alias}")


def approvals_of(question: Question) -> tuple[Approval, ...]:
    """The approvals that count, all of one plan: the asked one, or else that with the most people.

    Of several plans with as many, it is the one that was approved last. Empty if the line asks for none.
    """
    if not question.rules.approvals.count:
        return ()
    good = [item for item in question.approvals if _objection(item, question) is None]
    plans = [question.plan] if question.plan else list(dict.fromkeys(item.plan for item in reversed(good)))
    by_plan = [tuple(item for item in good if item.plan == plan) for plan in plans]
    return max(by_plan, key=lambda items: len(_people(items)), default=())


def still_approved(attempt: Attempt, rules: LineStage) -> bool:
    """Whether the approvals that let an attempt in are what these rules ask, and of the plan that it has.

    They counted at its start; that they have expired since, or were taken back, does not stop it.
    """
    plan = attempt.expects if attempt.phase is Phase.PLANNING else digest_of(attempt.plan)
    rule = rules.approvals
    good = [
        item
        for item in attempt.approvals
        if item.plan == plan and item.by.name != attempt.by.name and rule.unfit(item.by) is None
    ]
    return len(_people(good)) >= rule.count


def _objection(item: Approval, question: Question) -> str | None:
    """Why an approval does not count for this question, whatever its plan."""
    rule = question.rules.approvals
    if unfit := rule.unfit(item.by):
        return f"an approval does not count: {unfit}"
    if item.by.name == question.requester.name:
        return f"the approval by {item.by} does not count: nobody approves what they promote themselves"
    if question.at >= item.at + rule.within_s:
        return f"the approval by {item.by} does not count any more: it is older than {_span(rule.within_s)}"
    return None


def _that_do_not_count(question: Question, found: tuple[Approval, ...]) -> tuple[str, ...]:
    others = [item for item in question.approvals if item not in found]
    return tuple(
        _objection(item, question) or f"{item.by} approved another plan, {item.plan[:12]}" for item in others
    )


def _people(approvals: Iterable[Approval]) -> set[str]:
    # By name alone: nobody is two people because one of their approvals is verified and the other is not.
    return {item.by.name for item in approvals}


def _left(item: Approval, question: Question) -> str:
    until = item.at + question.rules.approvals.within_s
    return f"which counts for {_span(until - question.at)} more"


def _counted(number: int) -> str:
    return f"{number} approval{'' if number == 1 else 's'}"


def _span(seconds: float) -> str:
    return f"{seconds / 3600:.0f} h" if seconds >= _TWO_HOURS_S else f"{seconds / 60:.0f} min"
