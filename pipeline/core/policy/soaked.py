"""A release has stood verified in each stage before for as long as the line asks."""

from pipeline.core.policy.decision import Defer, Deny, Finding, Obstacle
from pipeline.core.policy.question import Question


def unsoaked(question: Question) -> Finding | None:
    """Says how long the release has stood there, and when that will be enough if nothing replaces it.

    It has nothing to say of a release that is not verified there: another rule does.
    """
    for before in question.rules.after:
        view, release = question.history.stage(before), question.release
        stood = view.soaked_s(release.id, question.at)
        left = question.rules.soak_s - stood
        if left <= 0 or release.id not in view.verified:
            continue
        asked = f"{question.rules.soak_s / 60:.0f} min"
        reason = f"{release.alias} has stood verified in {before} for {stood / 60:.0f} min of {asked}"
        if view.soaks(release.id):
            return Defer((reason,), question.at + left)
        command = f"promote --stage {before} --release {release.alias}"
        return Deny(Obstacle.NOT_SOAKED, (f"{reason}, and stands there no more",), command)
    return None
