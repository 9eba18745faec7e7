"""What an attempt knows of the shards of its gates, and what may happen to them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipeline.core.gate_events import ShardJudged, ShardStarted
from pipeline.core.shard import Shard
from pipeline.core.verdict import Finding


@dataclass(frozen=True, slots=True)
class ShardState:
    """A shard that has started `number` times, and last into `directory`, relative to the site.

    `report` is how it ended; None if it has not. While it is not `open`, it may not report any more: the
    attempt went on without it.
    """

    shard: Shard
    number: int
    directory: str
    open: bool = True
    report: ShardJudged | None = None


# By gate, as it is told and kept; those of a gate are in the order of their numbers.
Shards = Mapping[str, tuple[ShardState, ...]]


def started(shards: Shards, event: ShardStarted) -> Shards:
    """The shards once this one has begun. Raises ValueError, with the reason, if it may not."""
    known = shards.get(event.full_name, ())
    counts = {state.shard.count for state in known}
    if counts - {event.shard.count}:
        raise ValueError(f"its gate is in {counts.pop()} shards, not in {event.shard.count}")
    before = find(shards, event.full_name, event.shard)
    if before is not None and before.report is not None:
        raise ValueError("it has been judged, and what was judged stays")
    if event.number != (before.number if before else 0) + 1:
        raise ValueError(f"its start {event.number} is out of order")
    return _put(shards, event.full_name, ShardState(event.shard, event.number, event.directory))


def judged(shards: Shards, event: ShardJudged) -> Shards:
    """The shards once this one has reported. Raises ValueError, with the reason, if it may not."""
    before = find(shards, event.full_name, event.shard)
    if before is None or before.number != event.number:
        raise ValueError(f"its start {event.number} is not the last one")
    if before.report is not None:
        raise ValueError("it has reported before")
    if not before.open:
        raise ValueError("the attempt went on without it")
    return _put(shards, event.full_name, replace(before, open=False, report=event))


def left_behind(shards: Shards) -> Shards:
    """The shards once the attempt goes on: those that have not reported never will."""
    return {gate: tuple(replace(state, open=False) for state in known) for gate, known in shards.items()}


def find(shards: Shards, gate: str, shard: Shard) -> ShardState | None:
    """What is known of this shard of a gate; None if it has never started."""
    return next((state for state in shards.get(gate, ()) if state.shard == shard), None)


def at_work(shards: Shards) -> tuple[tuple[str, Shard], ...]:
    """The shards that have begun and not reported, each with its gate: they run, or they were killed."""
    return tuple((gate, state.shard) for gate, known in shards.items() for state in known if state.open)


def reports(shards: Shards, gate: str) -> tuple[ShardJudged, ...]:
    """How the shards of a gate ended, in the order of their numbers; without those that have not."""
    return tuple(state.report for state in shards.get(gate, ()) if state.report is not None)


def directory_of(shards: Shards, gate: str, finding: Finding) -> str | None:
    """Where the shard of the gate that found this left its evidence; None if none of them did."""
    states = (state for state in shards.get(gate, ()) if state.report is not None)
    return next(
        (one.directory for one in states if one.report and finding in one.report.evidence.findings), None
    )


def _put(shards: Shards, gate: str, state: ShardState) -> Shards:
    others = (one for one in shards.get(gate, ()) if one.shard != state.shard)
    return {**shards, gate: tuple(sorted((*others, state), key=lambda one: one.shard))}
