"""Whether a stage could be rolled back from this machine, asked before a promotion begins or goes on."""

from pipeline.core.errors import UsageProblem
from pipeline.core.history import History
from pipeline.core.release import Release
from pipeline.workshop import Workshop


def require_way_back(shop: Workshop, history: History, stage: str, release: Release) -> None:
    """Raise UsageProblem unless this site has the copy of what a failed promotion would roll back to.

    A rollback runs the code of that release, and a copy may be on another machine only. Nothing is asked
    where no release is verified, since nothing could be rolled back to.
    """
    goals = [goal for goal in history.goals(stage) if goal != release.id]
    if not goals:
        return
    back = history.releases[goals[-1]]
    try:
        shop.revisions.require_copy(back.id)
    except UsageProblem as problem:
        raise UsageProblem(
            f"{stage} could not be rolled back to {back.alias} from this machine",
            where=problem.where,
            why=f"{problem.what}: {problem.why}" if problem.why else problem.what,
            next=f"check out {back.pin.commit}, with the same --config if it had one, and run: promote pin",
        ) from problem
