"""A release is verified in each stage before, by all that the line asks now."""

from pipeline.core.attempt import Attempt
from pipeline.core.line import LineStage
from pipeline.core.policy.decision import Deny, Obstacle
from pipeline.core.policy.question import Question


def unproved(question: Question) -> Deny | None:
    """Names the first stage before in which the release is not verified."""
    for before in question.rules.after:
        reason = _not_verified(question, before)
        if reason:
            command = f"promote --stage {before} --release {question.release.alias}"
            return Deny(Obstacle.NOT_VERIFIED_BEFORE, (reason,), command)
    return None


def proves(attempt: Attempt, rules: LineStage) -> bool:
    """Whether a pass of the attempt's gates is all that these rules ask.

    An attempt from before the site had a line was not asked for single checks, and is believed.
    """
    if not rules.least.keys() <= set(attempt.gates):
        return False
    least = attempt.least
    return least is None or all(set(rules.least[gate]) <= set(least.get(gate, ())) for gate in rules.least)


def _not_verified(question: Question, before: str) -> str | None:
    """Why what is known of the release in the stage `before` does not let it in."""
    history, release, stage = question.history, question.release, question.stage
    view = history.stage(before)
    if release.id in view.outdated:
        return (
            f"{release.alias} is not verified in {before}, which comes before {stage}: "
            "it was verified with an image that has been rebuilt since"
        )
    if release.id not in view.verified:
        return f"{release.alias} is not verified in {before}, which comes before {stage}"
    proof, rules = history.proof(release.id, before), question.line.stage(before)
    if proof is not None and rules is not None and not proves(proof, rules):
        return f"{release.alias} was verified in {before} when this site's line asked less of {before}"
    return None
