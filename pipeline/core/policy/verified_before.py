"""A release is verified in the stages before, by all that the line asks now."""

from pipeline.core.policy.decision import Deny, Obstacle
from pipeline.core.policy.question import Question
from pipeline.core.proof import proves


def unproved(question: Question) -> Deny | None:
    """Names the first stage before in which the release is not verified; where one is enough, all of them."""
    rules, alias = question.rules, question.release.alias
    lacking = [before for before in rules.after if not counts(question, before)]
    if not lacking or (rules.after_any and len(lacking) < len(rules.after)):
        return None
    first = lacking[0]
    told = lacking if rules.after_any else [first]
    stale = [why for before in told if (why := _stale(question, before)) is not None]
    if rules.after_any:
        stale.insert(0, f"{alias} is not verified in {rules.before}, which come before {question.stage}")
    reasons = stale or [f"{alias} is not verified in {first}, which comes before {question.stage}"]
    command = f"promote --stage {first} --release {alias}"
    return Deny(Obstacle.NOT_VERIFIED_BEFORE, tuple(reasons), command)


def counts(question: Question, before: str) -> bool:
    """Whether the release stands verified in the stage `before`, by all that the line asks of it now."""
    verified = question.history.stage(before).verified
    return question.release.id in verified and _stale(question, before) is None


def _stale(question: Question, before: str) -> str | None:
    """Why a verification in the stage `before` does not count any more; None if nothing is against it."""
    history, release = question.history, question.release
    if release.id in history.stage(before).outdated:
        return f"{release.alias} was verified in {before} with an image that has been rebuilt since"
    if release.id not in history.stage(before).verified:
        return None
    proof, rules = history.proof(release.id, before), question.line.stage(before)
    if proof is not None and rules is not None and not proves(proof, rules):
        return f"{release.alias} was verified in {before} when this site's line asked less of {before}"
    return None
