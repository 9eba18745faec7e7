"""The rules of waiting once more, from the events alone; a part of the oracle."""

from collections.abc import Iterator, Sequence

from pipeline.core import events as ev
from pipeline.core.kinds import Kind

Past = Sequence[ev.Record]


def older(records: Past, record: ev.Record) -> Iterator[str]:
    """Why this promotion, which has waited for its stage, should have made way for a newer one.

    One that never says that it waits no longer was killed, and counts for nothing.
    """
    start = record.event
    here = [one for one in records if getattr(one.event, "stage", None) == start.stage]
    waits = [one for one in here if isinstance(one.event, ev.PromotionQueued)]
    if not waits:
        return
    left = {gone.event.ticket: gone.seq for gone in here if isinstance(gone.event, ev.PromotionDequeued)}
    granted = {one.event.token: one for one in here if isinstance(one.event, ev.LeaseTaken)}
    holder = granted[start.token].event.holder
    mine = [one.seq for one in waits if one.event.holder == holder and one.seq < record.seq]
    if not mine:
        return
    for other in waits:
        if mine[-1] < other.seq < record.seq < left.get(other.seq, 0) and record.at < other.event.until:
            yield f"{start.attempt} starts while a newer promotion waits for {start.stage}"
    for other in here:
        if not isinstance(other.event, ev.AttemptStarted) or other.event.kind is not Kind.PROMOTE:
            continue
        if mine[-1] < granted[other.event.token].seq and other.seq < record.seq:
            yield f"{start.attempt} starts after a newer promotion into {start.stage} has"
