"""Errors in the journal of a component's units: how services log them, the reading, and the judgement."""

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from suites.errors import ReadingFailed
from suites.faults.drills import Drilled
from suites.harness.component import Component, Ignored
from suites.hosts.reading import Observation
from suites.seam.target import Target

# For a component's `errors`. The digit ends the process id, so "ERROR" within a sentence does not match.
OSLO_ERRORS = (
    r"\d (ERROR|CRITICAL) [a-z_]+[. ]",
    r"^Traceback \(most recent call last\)",
    r"DAMN ! worker",
)
# How lines begin in which the process itself logs the time; journald adds when it received the line.
DATED = r"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3} [0-9]+ |\*\*\* Starting uWSGI )"
# What differs between lines of one kind: moments, numbers, ids in hexadecimal.
ONE_KIND = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{8,}\b|\d+")
SHOWN_KINDS = 3
# Debian's journalctl prints this, and exits with 1, if --grep finds nothing.
NOTHING = "-- No entries --"
# Prints the journal's first line. In the lab, where the journal is kept in memory, it begins with the host.
FIRST = "journalctl --quiet --no-pager --output=json | head -n 1"


@dataclass(frozen=True, slots=True)
class Line:
    """A journal line: when it was received, the unit or program that wrote it, and its text."""

    at: datetime
    source: str
    text: str


def script(component: Component) -> str:
    """Return the script that prints the error lines of the component's units as JSON lines.

    It selects by priority (err or worse) and by the component's own `errors`, from the whole journal.
    """
    units = " ".join(f"-u {shlex.quote(unit)}" for unit in component.units)
    read = f"journalctl --quiet --no-pager --output=json {units}"
    by_priority = f"{read} -p err"
    if not component.errors:
        return by_priority
    words = "|".join(f"(?:{pattern})" for pattern in component.errors)
    return (
        f"{by_priority} && {{ {read} --case-sensitive=true --grep={shlex.quote(words)} || test $? -eq 1; }}"
    )


def parse(text: str) -> tuple[Line, ...]:
    """Parse the lines of a script's output; return each once, oldest first. Raises ReadingFailed."""
    found: dict[str, Line] = {}
    for raw in text.splitlines():
        if not raw or raw == NOTHING:
            continue
        try:
            entry = json.loads(raw)
            found[entry["__CURSOR"]] = Line(
                at=datetime.fromtimestamp(int(entry["__REALTIME_TIMESTAMP"]) / 1e6, UTC),
                source=entry.get("SYSLOG_IDENTIFIER") or entry.get("_SYSTEMD_UNIT") or "?",
                text=_text(entry.get("MESSAGE")),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ReadingFailed(
                "a journal line can't be parsed", why=f"{type(error).__name__}: {error}"
            ) from None
    return tuple(sorted(found.values(), key=lambda line: line.at))


def begins(text: str) -> datetime:
    """Return when a journal begins, given its first line. Raises ReadingFailed."""
    for line in parse(text):
        return line.at
    raise ReadingFailed("the journal is empty", why="there is no first line")


def gone(target: Target, begun: Mapping[str, datetime]) -> str:
    """Say why lines of the first deployment may be missing, by when each journal begins; empty if not."""
    late = [name for name, begins in begun.items() if begins > target.settled_at]
    if late:
        return f"{', '.join(late)} started again since the deployment"
    return "" if target.new else "the stage was there before this deployment"


def judge(
    component: Component,
    lines: Iterable[Line],
    target: Target,
    drilled: Sequence[Drilled] = (),
) -> Observation:
    """Say whether there is no error since the deployment began, except those that are ignored with a reason.

    More ignored lines than their bound are errors, too. `drilled` is when faults were made on purpose, which
    explain errors logged in that time.
    """
    since = target.deployed_at.astimezone(UTC)
    recent = [line for line in lines if line.at >= since]
    counted = [line for line in recent if not any(one.explains(line.at) for one in drilled)]
    errors = []
    harmless: dict[Ignored, list[Line]] = {}
    for line in counted:
        excuse = next((one for one in component.ignored if one.excuses(line.text, line.at, target)), None)
        if excuse is None:
            errors.append(line)
        else:
            harmless.setdefault(excuse, []).append(line)
    unending = [(one, many) for one, many in harmless.items() if len(many) > one.most]
    if errors:
        return Observation(holds=False, seen=_told(errors))
    if unending:
        one, many = unending[0]
        seen = f"{len(many)} lines that are harmless up to {one.most} ({one.reason}): {many[-1].text}"
        return Observation(holds=False, seen=seen)
    ignored = f", {len(recent)} ignored with a reason" if recent else ""
    return Observation(holds=True, seen=f"no error since {since:%Y-%m-%dT%H:%M:%SZ}{ignored}")


def _told(errors: Sequence[Line]) -> str:
    """Tell how many errors there are, the first one, and how many there are of each other kind."""
    kinds: dict[tuple[str, str], list[Line]] = {}
    for line in errors:
        kinds.setdefault((line.source, ONE_KIND.sub("", line.text)), []).append(line)
    (first, *alike), *others = kinds.values()
    told = f"{len(errors)} errors since the deployment, the first at {first.at:%H:%M:%S} by {first.source}"
    told += f" ({len(alike) + 1} times): {first.text}" if alike else f": {first.text}"
    for many in others[:SHOWN_KINDS]:
        told += f"; {len(many)} by {many[0].source}: {many[0].text}"
    left = len(others) - SHOWN_KINDS
    return f"{told}; and {left} of other kinds" if left > 0 else told


def all_used(component: Component, lines: Iterable[Line]) -> Observation:
    """Say whether each ignored pattern, unless marked `sometimes`, matches one of the lines."""
    texts = [line.text for line in lines]
    wanted = [ignored for ignored in component.ignored if not ignored.sometimes]
    unused = [ignored for ignored in wanted if not any(map(ignored.matches, texts))]
    if unused:
        listed = ", ".join(repr(ignored.pattern.pattern) for ignored in unused)
        return Observation(holds=False, seen=f"ignored patterns that match nothing: {listed}")
    return Observation(holds=True, seen=f"all {len(wanted)} patterns match")


def _text(message: object) -> str:
    # journald returns unprintable text as a list of bytes, and null for a text that is too long.
    if isinstance(message, list):
        return bytes(message).decode("utf-8", "replace")
    return "(too long to show)" if message is None else str(message)
