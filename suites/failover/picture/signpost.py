"""The moments of a fault as vertical lines, with their labels in rows so that none overlap."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from suites.failover.picture.scale import TimeScale
from suites.failover.picture.subject import FaultPicture

LETTER_PIXELS = 6.1
LABEL_LIMIT = 56
ROOM = 10.0


class Sign(Enum):
    """The kind of a moment; the value is its class in the style sheet."""

    FAULT = "fault"
    PROOF = "proof"
    EVENT = "event"
    RECOVERED = "recovered"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened; `at` is a moment of the monotonic clock."""

    at: float
    sign: Sign
    what: str


@dataclass(frozen=True, slots=True)
class Signpost:
    """A drawn moment; its label is in a row counted from the top, left or right of the line."""

    x: float
    row: int
    label: str
    what: str
    sign: str
    leftwards: bool


def moments(fault: FaultPicture) -> tuple[Moment, ...]:
    """Return everything that happened, in order of time."""
    marks = fault.marks
    found = [Moment(marks.injected, Sign.FAULT, f"{marks.fault} on {marks.target}")]
    if marks.proved is not None:
        found.append(Moment(marks.proved, Sign.PROOF, f"proof: {marks.proof}" if marks.proof else "proved"))
    found += [Moment(event.at, Sign.EVENT, event.what) for event in marks.events]
    recovered = fault.recovered_after_s
    if recovered:
        found.append(Moment(fault.window.fault + recovered, Sign.RECOVERED, "recovered, and stayed so"))
    if marks.undone is not None:
        found.append(Moment(marks.undone, Sign.UNDONE, "undone"))
    return tuple(sorted(found, key=lambda moment: moment.at))


def signposts(found: Iterable[Moment], time: TimeScale) -> tuple[Signpost, ...]:
    """Return the moments within the scale, each label in the first row that has room for it."""
    rows: list[list[tuple[float, float]]] = []
    posts = []
    for moment in found:
        if not time.shows(moment.at):
            continue
        label = moment.what if len(moment.what) <= LABEL_LIMIT else f"{moment.what[: LABEL_LIMIT - 1]}…"
        x, wide = time.x(moment.at), len(label) * LETTER_PIXELS + ROOM
        leftwards = x + wide > time.left + time.width
        taken = (x - wide, x) if leftwards else (x, x + wide)
        row = _first_free(rows, taken)
        posts.append(Signpost(x, row, label, moment.what, moment.sign.value, leftwards))
    return tuple(posts)


def _first_free(rows: list[list[tuple[float, float]]], taken: tuple[float, float]) -> int:
    for number, row in enumerate(rows):
        if all(taken[1] <= begin or end <= taken[0] for begin, end in row):
            row.append(taken)
            return number
    rows.append([taken])
    return len(rows) - 1
