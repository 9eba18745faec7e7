"""Snapshots: the folded state of a site at an event, as text, so that older events need not be read. Pure.

A snapshot is a state and pieces. Pieces are what never changes again, releases and ended attempts, each with
its own text; they are loaded on demand. The state is everything else, open attempts included.
"""

import json
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any

from pipeline.core.attempt import Attempt
from pipeline.core.chain import Head
from pipeline.core.codec import plain, revive
from pipeline.core.history import History
from pipeline.core.on_demand import OnDemand
from pipeline.core.release import Release
from pipeline.core.series import Series

_IN_PIECES = ("releases", "attempts")  # fields of a history
_REMEMBERED = 100  # attempts; whoever looks at all of years must not hold them all


class PieceKind(Enum):
    """What a piece is: a release, or an attempt that has ended."""

    RELEASE = "release"
    ATTEMPT = "attempt"


@dataclass(frozen=True, slots=True)
class Piece:
    """A release, by its id, or an ended attempt, as text."""

    kind: PieceKind
    name: str
    text: str


# Returns the text of the piece of this kind with this name.
Load = Callable[[PieceKind, str], str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a site after the event `head`.

    `origin` names the pieces that it is loaded from: snapshots of one origin share theirs.
    """

    origin: str
    head: Head
    history: History


def state_of(history: History) -> str:
    """The state as text: all of a history but its pieces."""
    data = {
        field.name: plain(getattr(history, field.name))
        for field in fields(History)
        if field.name not in _IN_PIECES
    }
    is_open = [attempt for attempt in history.attempts.fresh().values() if attempt.outcome is None]
    data["releases"] = list(history.releases)
    data["attempts"] = list(history.attempts)
    data["open"] = {attempt.id: plain(attempt) for attempt in is_open}
    return json.dumps(data, separators=(",", ":"))


def new_pieces(history: History) -> Iterable[Piece]:
    """The pieces that the snapshot which this history was folded from does not have; without one, all."""
    for name in history.releases.fresh():
        yield piece_of(history, PieceKind.RELEASE, name)
    for name, attempt in history.attempts.fresh().items():
        if attempt.outcome is not None:
            yield piece_of(history, PieceKind.ATTEMPT, name)


def piece_of(history: History, kind: PieceKind, name: str) -> Piece:
    """The piece of this name. Raises KeyError."""
    values: Mapping[str, Release | Attempt] = (
        history.releases if kind is PieceKind.RELEASE else history.attempts
    )
    return Piece(kind, name, json.dumps(plain(values[name]), separators=(",", ":")))


def revived(state: str, load: Load) -> History:
    """The history with this state, which loads its pieces on demand. Raises ValueError for any other text."""
    data = json.loads(state)
    try:
        return _revived(data, load)
    except (TypeError, KeyError, AttributeError) as problem:
        raise ValueError(f"{type(problem).__name__}: {problem}") from problem


def _revived(data: Mapping[str, Any], load: Load) -> History:
    hints = typing.get_type_hints(History)
    found = {
        field.name: revive(hints[field.name], data[field.name])
        for field in fields(History)
        if field.name not in _IN_PIECES
    }
    is_open = {name: revive(Attempt, attempt) for name, attempt in data["open"].items()}

    def release(name: str) -> Release:
        return typing.cast("Release", revive(Release, json.loads(load(PieceKind.RELEASE, name))))

    def attempt(name: str) -> Attempt:
        return typing.cast("Attempt", revive(Attempt, json.loads(load(PieceKind.ATTEMPT, name))))

    releases = Series(OnDemand(data["releases"], release))
    attempts = Series(OnDemand(data["attempts"], attempt, _REMEMBERED), is_open)
    return History(releases=releases, attempts=attempts, **found)


def differences(kept: History, replayed: History) -> tuple[str, ...]:
    """What of a snapshot is not as a replay of the same events gives it, in words; empty when all is.

    What was let go of the replay is not looked at again.
    """
    found = [
        f"the field {field.name}"
        for field in fields(History)
        if field.name not in _IN_PIECES and getattr(kept, field.name) != getattr(replayed, field.name)
    ]
    for name, values in (("release", "releases"), ("attempt", "attempts")):
        ours, theirs = getattr(kept, values), getattr(replayed, values)
        if list(ours) != list(theirs):
            found.append(f"the list of {values}")
        fresh = theirs.fresh().items()
        found += [f"{name} {item}" for item, value in fresh if item in ours and ours[item] != value]
    return tuple(found)


def let_go(replayed: History, kept: History) -> History:
    """The same history, which from now on takes from a snapshot the ended attempts that it has as well.

    So a replay of years of events holds only those that are open, or not as the snapshot has them.
    """
    held = {
        name: attempt
        for name, attempt in replayed.attempts.fresh().items()
        if attempt.outcome is None or kept.attempts.get(name) != attempt
    }
    names = tuple(replayed.attempts)
    return replace(replayed, attempts=Series(OnDemand(names, kept.attempts.__getitem__, 1), held))
