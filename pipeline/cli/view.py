"""What a terminal shows of a run, as a value folded from the notifier's calls. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.core import events as ev
from pipeline.core.advancing import advance
from pipeline.core.attempt import Attempt
from pipeline.core.checked import Checked
from pipeline.core.errors import IllegalTransition
from pipeline.core.forecast import Past, last_like, to_go
from pipeline.core.history import History
from pipeline.core.leg_times import LegTime, earlier, forecast
from pipeline.core.transitions import Phase


@dataclass(frozen=True, slots=True)
class Line:
    """A running step: its start (seconds since 1970), last message, and how many steps wait for it."""

    name: str
    title: str
    since: float
    said: str
    holds_up: int


@dataclass(frozen=True, slots=True)
class View:
    """The running attempt, if there is one.

    `since` is the start of each step and gate, and with key "" of all steps. `said` is the last message by
    host ("" for none). `check` is the gate's latest check. `past` is the last similar attempt, `past_legs`
    are the legs of earlier ones.
    """

    attempt: Attempt | None = None
    release: str = ""
    since: Mapping[str, float] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    check: Checked | None = None
    past: Past | None = None
    past_legs: Mapping[str, Sequence[LegTime]] = field(default_factory=dict)

    def running(self) -> tuple[Line, ...]:
        """The running steps, those first that most others wait for."""
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
        """The running gate, as it is told."""
        if self.attempt is None or self.attempt.phase is not Phase.GATING:
            return None
        due = self.attempt.next_gate()
        gate = None if due is None else self.attempt.gate_name(due)
        return gate if gate in self.attempt.gate_starts else None

    def leg_took(self) -> float | None:
        """How long the leg that goes on took before, in seconds; None without one, or if nothing is known."""
        if self.attempt is None or self.attempt.phase is Phase.BETWEEN or not self.attempt.plan.has_sections:
            return None
        leg = self.attempt.leg
        (told,) = forecast({leg.name: len(leg.steps)}, self.past_legs)
        return told.seconds

    def left(self, now: float) -> float | None:
        """Seconds until the end, estimated from the last similar attempt; None if there is no estimate."""
        if self.attempt is None:
            return None
        began = self.since.get(self.gate() or "")
        return None if began is None else to_go(self.past, self.attempt, now - began)


def _behind(attempt: Attempt, step: str) -> frozenset[str]:
    """The steps that can't start before this one is done."""
    found = {step}
    while more := {item.id for item in attempt.plan.steps if found & set(item.needs)} - found:
        found |= more
    return frozenset(found - {step})


def opened(history: History, records: Sequence[ev.Record], attempt: str) -> View:
    """The view of an attempt that has just started or resumed; `records` are the latest events until then.

    The longer ago the last similar attempt was, the more of them are needed to estimate the end.
    """
    found = history.attempts[attempt]
    since = {"": records[-1].at} if found.phase is Phase.PERFORMING else {}
    past = last_like(records, found.stage, found.kind)
    legs = earlier(history, records, found)
    return View(found, str(history.releases[found.release]), since, past=past, past_legs=legs)


def recorded(view: View, record: ev.Record) -> View:
    """The view after an event. Events of other attempts change nothing."""
    event, before = record.event, view.attempt
    if before is None or not isinstance(event, ev.AttemptEvent) or event.attempt != before.id:
        return view
    try:
        attempt = advance(before, event, record.at)
    except IllegalTransition:  # an event was missed: keep the view
        return view
    return _begun(replace(view, attempt=attempt), event, record.at)


def _begun(view: View, event: ev.AttemptEvent, at: float) -> View:
    match event:
        case ev.PlanMade() | ev.LegStarted():
            return replace(view, since={**view.since, "": at})
        case ev.StepStarted(step=step):
            return replace(view, since={**view.since, step: at}, said={**view.said, _host(view, step): ""})
        case ev.GateStarted():
            return replace(view, since={**view.since, event.full_name: at}, said={}, check=None)
        case ev.AttemptEnded() | ev.Interrupted():
            return View()
        case _:
            return view


def _host(view: View, step: str) -> str:
    steps = view.attempt.plan.steps if view.attempt is not None else ()
    return next((item.host or "" for item in steps if item.id == step), "")


def progressed(view: View, message: str, host: str | None) -> View:
    """The view after progress."""
    return replace(view, said={**view.said, host or "": message, "last": message})


def checked(view: View, check: Checked) -> View:
    """The view after a check of a gate ended."""
    return replace(view, check=check)
