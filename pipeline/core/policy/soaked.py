"""A release has stood verified in the stages before for as long as the line asks."""

from pipeline.core.policy.decision import Defer, Deny, Finding, Obstacle
from pipeline.core.policy.question import Question
from pipeline.core.policy.verified_before import counts


def unsoaked(question: Question) -> Finding | None:
    """Says how long the release has stood there, and when that will be enough if nothing replaces it.

    Where one stage is enough, it is the one that lets the release in first. It has nothing to say of stages
    in which the release is not verified: another rule does.
    """
    found = [_too_early(question, before) for before in question.rules.after if counts(question, before)]
    early = [finding for finding in found if finding is not None]
    if question.rules.after_any:
        return min(early, key=_moment) if len(early) == len(found) and early else None
    return early[0] if early else None


def _too_early(question: Question, before: str) -> Finding | None:
    view, release = question.history.stage(before), question.release
    stood = view.soaked_s(release.id, question.at)
    left = question.rules.soak_s - stood
    if left <= 0:
        return None
    asked = f"{question.rules.soak_s / 60:.0f} min"
    reason = f"{release.alias} has stood verified in {before} for {stood / 60:.0f} min of {asked}"
    if view.soaks(release.id):
        return Defer((reason,), question.at + left)
    command = f"promote --stage {before} --release {release.alias}"
    return Deny(Obstacle.NOT_SOAKED, (f"{reason}, and stands there no more",), command)


def _moment(finding: Finding) -> float:
    """When it lets the release in by itself; never, for a denial."""
    return finding.until if isinstance(finding, Defer) else float("inf")
