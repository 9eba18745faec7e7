"""What a host's journal may lack: lines from before it begins, suppressed ones, an order that can be trusted.

That no error was found in such a journal proves nothing.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from operator import attrgetter

from suites.errors import ReadingFailed
from suites.faults.drills import Drilled
from suites.hosts.reading import Observation
from suites.readings.journal import Line, parse
from suites.seam.target import Target

APART = "---\n"
# What journald writes instead of lines that are more than a unit may write in some time.
SUPPRESSED = "a596d6fe7bfa4994828e72309e95d61e"
SCRIPT = (
    "journalctl --header --no-pager && echo --- && "
    f"{{ journalctl --quiet --no-pager --output=json MESSAGE_ID={SUPPRESSED} || test $? -eq 1; }}"
)
# A clock that is kept right is moved by less.
BACK = timedelta(seconds=1)
HOW_MANY = re.compile(r"Suppressed (?P<count>\d+) messages? from (?P<unit>\S+)")
# journald's own file, and those that it put aside; other files have lines of users, or from elsewhere.
OWN_FILE = re.compile(r"^File path: \S+/system(?:@[^/]*)?\.journal~?$", re.MULTILINE)
SERIES = re.compile(r"^Sequential number ID: (\S+)$", re.MULTILINE)
HEAD = re.compile(r"^Head sequential number: (\d+) ", re.MULTILINE)
BEGINS = re.compile(r"^Head realtime timestamp: .*\((?P<us>[0-9a-f]+)\)$", re.MULTILINE)
ENDS = re.compile(r"^Tail realtime timestamp: .*\((?P<us>[0-9a-f]+)\)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class File:
    """A file of a journal: its series, the number of its first line in it, and its first and last moment."""

    series: str
    head: int
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """What a host keeps of its journal: the files that have lines, and where it says that some are gone."""

    files: tuple[File, ...]
    suppressed: tuple[Line, ...]


def read(text: str) -> Kept:
    """Parse the output of SCRIPT. Raises ReadingFailed."""
    headers, apart, suppressed = text.partition(APART)
    if not apart:
        raise ReadingFailed("what is kept of the journal can't be parsed", why=repr(headers[-60:]))
    blocks = re.split(r"^(?=File path: )", headers, flags=re.MULTILINE)
    files = [_file(block) for block in blocks if OWN_FILE.search(block)]
    return Kept(tuple(file for file in files if file.head), parse(suppressed))


def is_whole(
    kept: Kept, units: Iterable[str], target: Target, drilled: Sequence[Drilled] = ()
) -> Observation:
    """Say whether the journal has all that units logged since the deployment, in the order it happened.

    A host that was lost on purpose begins a new one. Lines that were suppressed meanwhile are excused, too.
    """
    missing = _missing(kept, frozenset(units), target, drilled)
    return Observation(not missing, missing or "the journal has all lines since the deployment")


def _missing(kept: Kept, units: frozenset[str], target: Target, drilled: Sequence[Drilled]) -> str:
    """Say what is missing; empty if nothing is."""
    if not kept.files:
        return "no journal is kept"
    begins = min(file.begins for file in kept.files)
    # A machine that restarts during a run loses its volatile journals; the run that continues knows that.
    known_from = max(target.settled_at, target.resumed_at or target.settled_at)
    if begins > known_from and not _on_purpose(begins, drilled):
        return f"the journal begins at {begins:%H:%M:%S}, after the deployment: what came before it is lost"
    since = target.deployed_at.astimezone(UTC)
    for before, after in _back(kept.files):
        if before >= since:
            return f"the clock went back at {before:%H:%M:%S}, by {(before - after).total_seconds():.0f} s"
    for line in kept.suppressed:
        found = HOW_MANY.search(line.text)
        if line.at >= since and found and found["unit"] in units and not _on_purpose(line.at, drilled):
            return f"{found['count']} lines of {found['unit']} were suppressed until {line.at:%H:%M:%S}"
    return ""


def _on_purpose(moment: datetime, drilled: Sequence[Drilled]) -> bool:
    return any(one.explains(moment) for one in drilled)


def _back(files: Iterable[File]) -> Iterator[tuple[datetime, datetime]]:
    """Yield when a file ended and the next one began, where that was earlier.

    journald begins a new file when it sees the clock go back.
    """
    for _, series in groupby(sorted(files, key=attrgetter("series", "head")), key=attrgetter("series")):
        for one, following in pairwise(series):
            if one.ends - following.begins > BACK:
                yield one.ends, following.begins


def _file(header: str) -> File:
    found = [pattern.search(header) for pattern in (SERIES, HEAD, BEGINS, ENDS)]
    if not all(found):
        raise ReadingFailed("the header of a journal can't be parsed", why=header.partition("\n")[0])
    series, head, begins, ends = (match[1] for match in found if match)
    return File(series, int(head), _moment(begins), _moment(ends))


def _moment(microseconds: str) -> datetime:
    return datetime.fromtimestamp(int(microseconds, 16) / 1e6, UTC)
