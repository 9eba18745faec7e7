"""The release that an attempt is about which changes what stands, and brings no other release in."""

from dataclasses import dataclass

from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.policy.rejection import why_rejected
from pipeline.core.release import Release


@dataclass(frozen=True, slots=True)
class Purpose:
    """What is to be done to what stands, in the words of its refusals.

    `so` is what follows if nothing stands, `rejected` if the release is rejected, and `rule` is why it must
    be verified.
    """

    so: str
    rejected: str
    rule: str


def standing_choice(history: History, stage: str, purpose: Purpose) -> Release:
    """The release that stands in the stage. Raises NotEligible if it is not verified there, or rejected."""
    view = history.stage(stage)
    if view.standing is None:
        raise NotEligible(f"nothing stands in {stage}, so {purpose.so}", next=f"promote --stage {stage}")
    release = history.releases[view.standing]
    if why := why_rejected(history, release):
        raise NotEligible(
            f"{release.alias} stands in {stage}, and {purpose.rejected}",
            why=why,
            next=f"promote rollback --stage {stage}",
        )
    if release.id not in view.verified:
        back = history.goals(stage)
        raise NotEligible(
            f"{release.alias}, which stands in {stage}, is not verified there",
            why=purpose.rule,
            next=f"promote rollback --stage {stage}" if back else f"promote --stage {stage}",
        )
    return release
