"""Whether a release may enter a stage, and go on there. There is always a decision, with its reasons."""

from dataclasses import dataclass
from enum import Enum

from pipeline.core.attempt import Attempt, Phase, closing_outcome
from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.release import Release, find_release
from pipeline.core.stages import StageSpec


class Obstacle(Enum):
    """The kind of a denial; each maps to an exit code."""

    HELD = "held"
    OPEN_ATTEMPT = "open attempt"
    NOT_VERIFIED_BEFORE = "not verified in the stage before"
    NO_SUCH_STAGE = "no such stage"


@dataclass(frozen=True, slots=True)
class Allow:
    """The release may enter, and why."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deny:
    """The release may not enter: why, and the next command to type. `obstacle` is the first one found."""

    obstacle: Obstacle
    reasons: tuple[str, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Defer:
    """The release may not enter before `until` (seconds since 1970), and why."""

    reasons: tuple[str, ...]
    until: float


Decision = Allow | Deny | Defer


def may_promote(history: History, release: Release, stage: str) -> Decision:
    """Whether `release` may enter `stage` now, according to the release's own stage graph."""
    spec = next((item for item in release.stages.stages if item.name == stage), None)
    if spec is None:
        names = ", ".join(release.stages.names())
        reason = f"the config of {release.alias} has no stage {stage}; it has {names}"
        return Deny(Obstacle.NO_SUCH_STAGE, (reason,), "promote releases")
    obstacles = [
        found
        for found in (_held(history, stage), _open(history, stage), _unproved(history, release, spec))
        if found is not None
    ]
    if obstacles:
        first = obstacles[0]
        return Deny(
            first.obstacle, tuple(reason for found in obstacles for reason in found.reasons), first.next
        )
    if spec.after is None:
        return Allow((f"{stage} is the first stage, which any pinned release may enter",))
    return Allow((f"{release.alias} is verified in {spec.after}",))


def may_go_on(history: History, attempt: Attempt) -> Decision:
    """Whether an interrupted attempt may be resumed. One that can no longer verify its release always may.

    A promotion needs what it needed to enter: meanwhile its release may have been turned down in the stage
    before. A hold stops new promotions only.
    """
    passed = attempt.phase is Phase.CLOSING and closing_outcome(attempt) is Outcome.VERIFIED
    forward = passed or attempt.phase in (Phase.PLANNING, Phase.PERFORMING, Phase.GATING)
    if attempt.kind is not Kind.PROMOTE or not forward:
        return Allow((f"{attempt.id} brings nothing new into {attempt.stage}",))
    release = history.releases[attempt.release]
    denial = _unproved(history, release, release.stages.stage(attempt.stage))
    if denial is not None:
        return Deny(denial.obstacle, denial.reasons, f"promote abort --stage {attempt.stage}")
    return Allow((f"{release.alias} may still enter {attempt.stage}",))


def up_next(history: History, stage: str, after: str) -> Release:
    """The release that `stage` takes when nobody names one: the one that stands verified in `after`.

    An older release that was promoted again on purpose goes on, not a newer one that stood there earlier.
    Raises NotEligible when there is none, or when its config does not have `stage`.
    """
    pointer = history.stage(after).pointer
    if pointer is None:
        raise NotEligible(
            f"no release is verified in {after}, the stage before {stage}", next=f"promote --stage {after}"
        )
    release = history.releases[pointer]
    if stage not in release.stages.names():
        raise NotEligible(
            f"{release.alias}, which is verified in {after}, has no stage {stage}",
            why=f"its config's stages are: {', '.join(release.stages.names())}",
            next="promote releases",
        )
    return release


def rollback_choice(history: History, stage: str, name: str | None) -> Release:
    """The release that a rollback by hand brings back: the named one, or the last that was verified before.

    What was verified in this very stage may come back, even if the stage before has turned it down since.
    Raises NotEligible when it was not, UsageProblem for an unknown name.
    """
    view = history.stage(stage)
    if view.standing is None:
        raise NotEligible(f"nothing is deployed in {stage}", next=f"promote --stage {stage}")
    if name is None:
        before = [release for release in view.verified if release != view.standing]
        if not before:
            raise NotEligible(
                f"there is no release to roll {stage} back to",
                why="no other release is verified there",
                next="promote releases",
            )
        return history.releases[before[-1]]
    release = find_release(history.releases.values(), name)
    if release.id not in view.verified:
        known = ", ".join(history.releases[item].alias for item in view.verified)
        raise NotEligible(
            f"{release.alias} is not verified in {stage}",
            why=f"verified there: {known or 'no release'}",
            next=f"promote rollback --stage {stage}" if known else "promote releases",
        )
    return release


def _held(history: History, stage: str) -> Deny | None:
    hold = history.hold_on(stage)
    if hold is None:
        return None
    own = stage in history.holds
    scope = f"stage {stage} is" if own else "all stages are"
    command = f"promote unhold --stage {stage}" if own else "promote unhold"
    return Deny(Obstacle.HELD, (f"{scope} held by {hold.by}: {hold.reason}",), command)


def _open(history: History, stage: str) -> Deny | None:
    attempt = history.stage(stage).open
    if attempt is None:
        return None
    reason = f"attempt {attempt} in {stage} was interrupted and is unfinished"
    return Deny(Obstacle.OPEN_ATTEMPT, (reason,), f"promote resume --stage {stage}")


def _unproved(history: History, release: Release, spec: StageSpec) -> Deny | None:
    if spec.after is None or release.id in history.stage(spec.after).verified:
        return None
    reason = f"{release.alias} is not verified in {spec.after}, the stage before {spec.name}"
    if release.id in history.stage(spec.after).outdated:
        reason += ": it was verified with an image that has been rebuilt since"
    command = f"promote --stage {spec.after} --release {release.alias}"
    return Deny(Obstacle.NOT_VERIFIED_BEFORE, (reason,), command)
