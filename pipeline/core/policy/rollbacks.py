"""Which release a rollback by hand brings back, and whether it may begin."""

from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.policy.decision import Allow, Deny, Obstacle
from pipeline.core.policy.open_attempts import unfinished
from pipeline.core.policy.rejection import why_rejected
from pipeline.core.release import Release, find_release


def may_roll_back(history: History, stage: str, release: Release) -> Allow | Deny:
    """Whether a rollback by hand to this release, which `rollback_choice` has returned, may begin now.

    A hold, a freeze and approvals are about what enters a stage anew.
    """
    if reason := unfinished(history, stage):
        return Deny(Obstacle.OPEN_ATTEMPT, (reason,), f"promote abort --stage {stage}")
    return Allow((f"{release.alias} was verified in {stage}",))


def rollback_choice(history: History, stage: str, name: str | None) -> Release:
    """The release that a rollback by hand brings back: the named one, or the last that was verified before.

    What was verified in this very stage may come back, even if the stage before has turned it down since.
    Raises NotEligible when it was not, UsageProblem for an unknown name.
    """
    view = history.stage(stage)
    if view.standing is None:
        raise NotEligible(f"nothing is deployed in {stage}", next=f"promote --stage {stage}")
    if name is None:
        before = [release for release in history.goals(stage) if release != view.standing]
        if not before:
            raise NotEligible(
                f"there is no release to roll {stage} back to",
                why="no other release is verified there",
                next="promote releases",
            )
        return history.releases[before[-1]]
    release = find_release(history.releases.values(), name)
    if why := why_rejected(history, release):
        raise NotEligible(f"{stage} is not rolled back to {release.alias}", why=why, next="promote releases")
    if release.id not in view.verified:
        known = ", ".join(history.releases[item].alias for item in history.goals(stage))
        raise NotEligible(
            f"{release.alias} is not verified in {stage}",
            why=f"verified there: {known or 'no release'}",
            next=f"promote rollback --stage {stage}" if known else "promote releases",
        )
    return release
