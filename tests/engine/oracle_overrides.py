"""The oracle's part about overrides: whether one stood when a gate was judged, from the events alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oracle_legs import verifies

from pipeline.core import events as ev
from pipeline.core.kinds import Kind
from pipeline.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from oracle import Rule

    from pipeline.core.actor import Actor

    # What was asked of the stage of an attempt, after these events.
    Asked = Callable[[Sequence[ev.Record], ev.AttemptStarted], Rule]


def overridden(past: Sequence[ev.Record], record: ev.Record, asked: Asked) -> bool:
    """Whether an override stood when a gate that one may carry had run in full and was no pass."""
    judged, (begun,) = record.event, _starts(past, record.event.attempt)
    start = begun.event
    about = (start.stage, start.release, judged.gate)
    said = [
        other
        for other in past
        if isinstance(other.event, ev.GateOverridden | ev.OverrideWithdrawn)
        and (other.event.stage, other.event.release, other.event.gate) == about
    ]
    if not said or isinstance(said[-1].event, ev.OverrideWithdrawn):
        return False
    placed = said[-1].event
    return (
        start.kind in {Kind.PROMOTE, Kind.RETIRE}
        and judged.evidence.verdict is not Verdict.PASS
        and judged.evidence.wanted > 0
        and (
            not verifies(past, judged)
            or asked(past[: begun.seq - 1], start).gates.get(judged.gate, frozenset()) <= checks_seen(judged)
        )
        and (placed.until is None or record.at < placed.until)
        and _may(placed.by, asked(past[: said[-1].seq - 1], start))
        and _may(placed.by, asked(past, start))
    )


def _may(by: Actor, rule: Rule) -> bool:
    return by.name in rule.overriders and (by.proved or not rule.overriders_verified)


def wrongly_carried(past: Sequence[ev.Record], record: ev.Record, asked: Asked) -> str | None:
    """Why this verdict should not have been carried, or should have been."""
    judged = record.event
    what = f"gate {judged.gate} of {judged.attempt}"
    if judged.override is None:
        red = judged.evidence.verdict is not Verdict.PASS
        stood = red and overridden(past, record, asked)
        return f"{what} does not go on by the override that stood" if stood else None
    return None if overridden(past, record, asked) else f"{what} goes on by an override that did not stand"


def checks_seen(judged: ev.GateJudged) -> set[str]:
    """The checks that the gate was to make."""
    return {f"{entry.component}/{entry.check}" for entry in (judged.roster.entries if judged.roster else ())}


def _starts(past: Sequence[ev.Record], attempt: str) -> list[ev.Record]:
    return [
        record
        for record in past
        if isinstance(record.event, ev.AttemptStarted) and record.event.attempt == attempt
    ]
