"""Collapsible sections in the log of a GitLab job: a deployment, each gate. How it ended stays in sight."""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import click

from pipeline.core import events as ev
from pipeline.core.checked import Checked
from pipeline.ports import Notifier

_NO_NAME = re.compile(r"[^a-z0-9_.-]+")
_LINE = "\x1b[0Ksection_{what}:{at}:{name}\r\x1b[0K{title}"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the log: its name for GitLab, and the line that stays when it is collapsed."""

    name: str
    title: str


def section_of(event: ev.Event) -> Section | None:
    """The section that begins with this event; None if it begins none."""
    match event:
        case ev.PlanMade(attempt=attempt, plan=plan) if plan.steps and not plan.legs and not plan.refusals:
            return _section(f"{attempt} steps", f"{attempt}: {len(plan.steps)} steps")
        case ev.LegStarted(attempt=attempt, leg=leg):
            return _section(f"{attempt} leg {leg}", f"{attempt}: leg {leg}")
        case ev.GateStarted(attempt=attempt):
            name = f"{attempt} {event.full_name} {event.number}"
            return _section(name, f"{attempt}: gate {event.full_name}")
        case ev.ShardStarted(attempt=attempt, shard=shard):
            name = f"{attempt} {event.full_name} {shard} {event.number}"
            return _section(name, f"{attempt}: shard {shard} of gate {event.full_name}")
        case _:
            return None


def ends_section(event: ev.Event) -> bool:
    """Whether the section before is over with this event, whose own line stays in sight."""
    ends = (
        ev.GateJudged | ev.ShardJudged | ev.StepFailed | ev.AttemptEnded | ev.Interrupted | ev.AbortRequested
    )
    return isinstance(event, ends) or section_of(event) is not None


def _section(name: str, title: str) -> Section:
    return Section(_NO_NAME.sub("-", name.lower()), title)


class SectionedNotifier:
    """The Notifier port: forwards everything, and marks on stderr where sections begin and end."""

    def __init__(self, told: Notifier, now: Callable[[], float] = time.time) -> None:
        self._told = told
        self._now = now
        self._open: Section | None = None
        # Reentrant: a signal handler runs in the main thread, which may hold the lock.
        self._lock = threading.RLock()

    def recorded(self, record: ev.Record) -> None:
        """Forward the event; end a section before it, and begin one after it."""
        with self._lock:
            if ends_section(record.event):
                self.close()
            self._told.recorded(record)
            if (begins := section_of(record.event)) is not None:
                self._mark("start", f"{begins.name}[collapsed=true]", begins.title)
                self._open = begins

    def progress(self, message: str, host: str | None = None) -> None:
        """Forward it."""
        self._told.progress(message, host)

    def checked(self, check: Checked) -> None:
        """Forward it."""
        self._told.checked(check)

    def close(self) -> None:
        """End the section that is open, if any."""
        with self._lock:
            if self._open is not None:
                self._mark("end", self._open.name, "")
                self._open = None

    def _mark(self, what: str, name: str, title: str) -> None:
        line = _LINE.format(what=what, at=int(self._now()), name=name, title=title)
        click.echo(line, err=True, color=True)  # else click leaves out the escapes, for it is no terminal


def in_sections(notifier: Notifier, environment: Mapping[str, str]) -> Notifier:
    """The notifier, with sections if this process is a job of GitLab."""
    return SectionedNotifier(notifier) if environment.get("GITLAB_CI") == "true" else notifier


@contextmanager
def closing_sections(notifier: Notifier) -> Iterator[None]:
    """End the section that is open at the end, however it comes."""
    try:
        yield
    finally:
        if isinstance(notifier, SectionedNotifier):
            notifier.close()
