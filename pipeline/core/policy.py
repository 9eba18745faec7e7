"""Whether a release may enter a stage. There is a decision for every input, always with its reasons."""

from dataclasses import dataclass
from enum import Enum

from pipeline.core.history import History
from pipeline.core.release import Release
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


def newest_eligible(history: History, stage: str, after: str) -> Release | None:
    """The newest release, by pinning order, that is verified in `after` and whose config has `stage`."""
    verified = history.stage(after).verified
    found = [r for r in history.releases.values() if r.id in verified and stage in r.stages.names()]
    return found[-1] if found else None


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
