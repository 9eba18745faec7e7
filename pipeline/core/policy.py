"""Whether a release may enter a stage, and go on there. There is always a decision, with its reasons."""

from dataclasses import dataclass
from enum import Enum

from pipeline.core.attempt import Attempt, closing_outcome
from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.line import LineStage, taken_away
from pipeline.core.release import Release, find_release
from pipeline.core.transitions import Phase


class Obstacle(Enum):
    """The kind of a denial; each maps to an exit code."""

    HELD = "held"
    OPEN_ATTEMPT = "open attempt"
    NOT_VERIFIED_BEFORE = "not verified in the stage before"
    NO_SUCH_STAGE = "no such stage"
    TAKES_AWAY = "takes away from the line"
    REJECTED = "rejected"


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


def may_promote(history: History, release: Release, stage: str, at: float) -> Decision:
    """Whether `release` may enter `stage` at `at` (seconds since 1970), by the site's line."""
    line = history.line_for(release)
    rules = line.stage(stage)
    if rules is None:
        reason = f"this site's line is {line}"
        return Deny(Obstacle.NO_SUCH_STAGE, (reason,), "promote line show")
    if stage not in release.stages.names():
        names = ", ".join(release.stages.names())
        reason = f"the config of {release.alias} has no stage {stage}; it has {names}"
        return Deny(Obstacle.NO_SUCH_STAGE, (reason,), "promote releases")
    obstacles = [
        found
        for found in (
            _held(history, stage, at),
            _open(history, stage),
            _rejected(history, release),
            _takes_away(history, release),
            _unproved(history, release, rules),
        )
        if found is not None
    ]
    if obstacles:
        first = obstacles[0]
        return Deny(
            first.obstacle, tuple(reason for found in obstacles for reason in found.reasons), first.next
        )
    if rules.first:
        return Allow((f"{stage} is the first stage, which any pinned release may enter",))
    return Allow((f"{release.alias} is verified in {' and '.join(rules.after)}",))


def may_go_on(history: History, attempt: Attempt) -> Decision:
    """Whether an interrupted attempt may be resumed. One that can no longer verify its release always may.

    A promotion needs what it needed to enter: meanwhile its release may have been rejected, or turned down in
    the stage before, and the line may ask for more. A hold stops new promotions only.
    """
    passed = attempt.phase is Phase.CLOSING and closing_outcome(attempt) is Outcome.VERIFIED
    forward = passed or attempt.phase in (Phase.PLANNING, Phase.PERFORMING, Phase.GATING)
    if attempt.kind is not Kind.PROMOTE or not forward:
        return Allow((f"{attempt.id} brings nothing new into {attempt.stage}",))
    release = history.releases[attempt.release]
    rules = history.line_for(release).stage(attempt.stage)
    if rules is None or not _proves(attempt, rules):
        reason = f"this site's line asks more of {attempt.stage} than when {attempt.id} began"
        return Deny(Obstacle.NOT_VERIFIED_BEFORE, (reason,), f"promote abort --stage {attempt.stage}")
    denial = (
        _rejected(history, release) or _takes_away(history, release) or _unproved(history, release, rules)
    )
    if denial is not None:
        return Deny(denial.obstacle, denial.reasons, f"promote abort --stage {attempt.stage}")
    return Allow((f"{release.alias} may still enter {attempt.stage}",))


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
    if denial := _rejected(history, release):
        raise NotEligible(
            f"{stage} is not rolled back to {release.alias}", why=denial.reasons[0], next=denial.next
        )
    if release.id not in view.verified:
        known = ", ".join(history.releases[item].alias for item in history.goals(stage))
        raise NotEligible(
            f"{release.alias} is not verified in {stage}",
            why=f"verified there: {known or 'no release'}",
            next=f"promote rollback --stage {stage}" if known else "promote releases",
        )
    return release


def unfinished(history: History, stage: str) -> str | None:
    """Why nothing else may begin in a stage whose attempt is open; None if there is none."""
    attempt = history.stage(stage).open
    return f"attempt {attempt} in {stage} was interrupted and is unfinished" if attempt else None


def _held(history: History, stage: str, at: float) -> Deny | None:
    holds = history.holds_on(stage, at)
    if not holds:
        return None
    reasons = tuple(
        f"{'all stages are' if hold.stage is None else f'stage {stage} is'} held by {hold.by}: {hold.reason}"
        for hold in holds
    )
    return Deny(Obstacle.HELD, reasons, f"promote unhold {holds[0].id}")


def _open(history: History, stage: str) -> Deny | None:
    reason = unfinished(history, stage)
    if reason is None:
        return None
    return Deny(Obstacle.OPEN_ATTEMPT, (reason,), f"promote resume --stage {stage}")


def _rejected(history: History, release: Release) -> Deny | None:
    found = history.rejections.get(release.id)
    if found is None:
        return None
    reason = f"{release.alias} was rejected by {found.by}: {found.reason}"
    return Deny(Obstacle.REJECTED, (reason,), "promote releases")


def _takes_away(history: History, release: Release) -> Deny | None:
    found = taken_away(history.line, release.stages) if history.line else ()
    if not found:
        return None
    reason = f"the config of {release.alias} takes away from this site's line: {', '.join(found)}"
    return Deny(Obstacle.TAKES_AWAY, (reason,), "promote line show")


def _unproved(history: History, release: Release, rules: LineStage) -> Deny | None:
    for before in rules.after:
        reason = _not_verified(history, release, before, rules.name)
        if reason:
            command = f"promote --stage {before} --release {release.alias}"
            return Deny(Obstacle.NOT_VERIFIED_BEFORE, (reason,), command)
    return None


def _not_verified(history: History, release: Release, before: str, stage: str) -> str | None:
    """Why what is known of the release in the stage `before` does not let it into `stage`."""
    view = history.stage(before)
    if release.id in view.outdated:
        return (
            f"{release.alias} is not verified in {before}, which comes before {stage}: "
            "it was verified with an image that has been rebuilt since"
        )
    if release.id not in view.verified:
        return f"{release.alias} is not verified in {before}, which comes before {stage}"
    proof, rules = history.proof(release.id, before), history.line_for(release).stage(before)
    if proof is not None and rules is not None and not _proves(proof, rules):
        return f"{release.alias} was verified in {before} when this site's line asked less of {before}"
    return None


def _proves(attempt: Attempt, rules: LineStage) -> bool:
    """Whether a pass of the attempt's gates is all that these rules ask.

    An attempt from before the site had a line was not asked for single checks, and is believed.
    """
    if not rules.least.keys() <= set(attempt.gates):
        return False
    least = attempt.least
    return least is None or all(set(rules.least[gate]) <= set(least.get(gate, ())) for gate in rules.least)
