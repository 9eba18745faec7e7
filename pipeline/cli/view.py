"""What a terminal shows of a run, as a value: the fold of what the notifier is told. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.core import events as ev
from pipeline.core.attempt import Attempt, Phase, advance
from pipeline.core.errors import IllegalTransition
from pipeline.core.forecast import Past, last_like, to_go
from pipeline.core.history import replay
from pipeline.ports import Checked


@dataclass(frozen=True, slots=True)
class Line:
    """Something that runs: since when (seconds since 1970), what it said last, how many steps wait for it."""

    name: str
    title: str
    since: float
    said: str
    holds_up: int


@dataclass(frozen=True, slots=True)
class View:
    """An attempt under way; without one there is nothing to show.

    `since` is when each step or gate began, and "" the steps as a whole; `said` the last word by host ("" for
    none); `check` the gate's last that ended; `past` the last attempt like this one.
    """

    attempt: Attempt | None = None
    release: str = ""
    since: Mapping[str, float] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    check: Checked | None = None
    past: Past | None = None

    def running(self) -> tuple[Line, ...]:
        """The steps that run, those first that the most others wait for."""
        if self.attempt is None:
            return ()
        plan = self.attempt.plan
        lines = [
            Line(
                step.id,
                step.title,
                self.since.get(step.id, self.attempt.started_at),
                self.said.get(step.host or "", ""),
                len(_behind(self.attempt, step.id)),
            )
            for step in plan.steps
            if step.id in self.attempt.started_steps
        ]
        return tuple(sorted(lines, key=lambda line: (-line.holds_up, line.since)))

    def gate(self) -> str | None:
        """The gate that runs."""
        if self.attempt is None or self.attempt.phase is not Phase.GATING:
            return None
        gate = self.attempt.next_gate()
        return gate if gate in self.attempt.gate_starts else None

    def left(self, now: float) -> float | None:
        """Seconds to go, as the last such run took; None when nobody knows."""
        if self.attempt is None:
            return None
        began = self.since.get(self.gate() or "")
        return None if began is None else to_go(self.past, self.attempt, now - began)


def _behind(attempt: Attempt, step: str) -> frozenset[str]:
    """The steps that can't begin before this one is done."""
    found = {step}
    grew = True
    while grew:
        more = {item.id for item in attempt.plan.steps if found & set(item.needs)} - found
        found |= more
        grew = bool(more)
    return frozenset(found - {step})


def opened(records: Sequence[ev.Record], attempt: str) -> View:
    """The view of an attempt that has just started, or goes on: `records` are all until then."""
    history = replay(records)
    found = history.attempts[attempt]
    since = {"": records[-1].at} if found.phase is Phase.PERFORMING else {}
    past = last_like(records, found.stage, found.kind)
    return View(found, str(history.releases[found.release]), since, past=past)


def recorded(view: View, record: ev.Record) -> View:
    """The view after an event. One that is not about its attempt changes nothing."""
    event, before = record.event, view.attempt
    if before is None or not isinstance(event, ev.AttemptEvent) or event.attempt != before.id:
        return view
    try:
        attempt = advance(before, event, record.at)
    except IllegalTransition:  # something was missed, and that is no reason to show nothing
        return view
    return _begun(replace(view, attempt=attempt), event, record.at)


def _begun(view: View, event: ev.AttemptEvent, at: float) -> View:
    match event:
        case ev.PlanMade():
            return replace(view, since={"": at})
        case ev.StepStarted(step=step):
            return replace(view, since={**view.since, step: at}, said={**view.said, _host(view, step): ""})
        case ev.GateStarted(gate=gate):
            return replace(view, since={**view.since, gate: at}, said={}, check=None)
        case ev.AttemptEnded() | ev.Interrupted():
            return View()
        case _:
            return view


def _host(view: View, step: str) -> str:
    steps = view.attempt.plan.steps if view.attempt is not None else ()
    return next((item.host or "" for item in steps if item.id == step), "")


def progressed(view: View, message: str, host: str | None) -> View:
    """The view after something moved."""
    return replace(view, said={**view.said, host or "": message, "last": message})


def checked(view: View, check: Checked) -> View:
    """The view after a check of a gate ended."""
    return replace(view, check=check)
