"""Which release a stage takes when nobody names one."""

from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.line import LineStage
from pipeline.core.release import Release


def up_next(history: History, rules: LineStage) -> Release:
    """The release that a stage with these rules takes when nobody names one: what stands verified before it.

    An older release that was promoted again on purpose goes on, not a newer one that stood there earlier. If
    different releases stand in the stages before, it is the first that is verified in all of them; where one
    stage is enough, the one that was verified last. Raises NotEligible when there is none, or when its config
    does not have the stage.
    """
    found = _latest(history, rules) if rules.after_any else _in_all(history, rules)
    release = history.releases[found]
    if rules.name not in release.stages.names():
        raise NotEligible(
            f"{release.alias}, which is verified in {rules.before}, has no stage {rules.name}",
            why=f"its config's stages are: {', '.join(release.stages.names())}",
            next="promote releases",
        )
    return release


def _in_all(history: History, rules: LineStage) -> str:
    standing = []
    for before in rules.after:
        pointer = history.stage(before).pointer
        if pointer is None:
            raise NotEligible(
                f"no release is verified in {before}, which comes before {rules.name}",
                next=f"promote --stage {before}",
            )
        standing.append(pointer)
    for release in standing:
        if all(release in history.stage(before).verified for before in rules.after):
            return release
    raise NotEligible(f"no release is verified in {rules.before}", next="promote releases")


def _latest(history: History, rules: LineStage) -> str:
    standing = {before: pointer for before in rules.after if (pointer := history.stage(before).pointer)}
    if not standing:
        raise NotEligible(
            f"no release is verified in {rules.before}, which come before {rules.name}",
            next=f"promote --stage {rules.after[0]}",
        )
    return standing[max(standing, key=lambda before: _verified_at(history, standing[before], before))]


def _verified_at(history: History, release: str, stage: str) -> float:
    proof = history.proof(release, stage)
    return (proof.ended_at if proof else None) or 0.0
