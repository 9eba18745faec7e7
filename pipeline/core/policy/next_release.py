"""Which release a stage takes when nobody names one."""

from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.release import Release


def up_next(history: History, stage: str, after: tuple[str, ...]) -> Release:
    """The release that `stage` takes when nobody names one: the one that stands verified in all of `after`.

    An older release that was promoted again on purpose goes on, not a newer one that stood there earlier. If
    different releases stand there, it is the first that is verified in all of them. Raises NotEligible when
    there is none, or when its config does not have `stage`.
    """
    for before in after:
        if history.stage(before).pointer is None:
            raise NotEligible(
                f"no release is verified in {before}, which comes before {stage}",
                next=f"promote --stage {before}",
            )
    standing = [pointer for before in after if (pointer := history.stage(before).pointer)]
    everywhere = [
        item for item in standing if all(item in history.stage(before).verified for before in after)
    ]
    places = " and ".join(after)
    if not everywhere:
        raise NotEligible(f"no release is verified in {places}", next="promote releases")
    release = history.releases[everywhere[0]]
    if stage not in release.stages.names():
        raise NotEligible(
            f"{release.alias}, which is verified in {places}, has no stage {stage}",
            why=f"its config's stages are: {', '.join(release.stages.names())}",
            next="promote releases",
        )
    return release
