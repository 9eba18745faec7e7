"""The rules of redeployments once more, from the events alone; a part of the oracle."""

from collections.abc import Iterator, Sequence

from pipeline.core import events as ev
from pipeline.core.kinds import Kind


def not_redeployed(past: Sequence[ev.Record], start: ev.AttemptStarted, *, held: bool) -> Iterator[str]:
    """Why no host may be replaced in this stage now, or not by one of this release."""
    if held:
        yield f"{start.attempt} redeploys a host in {start.stage}, which is held"
    if start.release != _standing(past, start.stage):
        yield f"{start.attempt} redeploys a host of what does not stand in {start.stage}"


def _standing(past: Sequence[ev.Record], stage: str) -> str | None:
    """The release of the last attempt that began to change the stage."""
    starts = [record.event for record in past if isinstance(record.event, ev.AttemptStarted)]
    here = {start.attempt: start for start in starts if start.stage == stage and start.kind is not Kind.GATE}
    begun = [record.event for record in past if isinstance(record.event, ev.StepStarted | ev.GateStarted)]
    releases = [here[event.attempt].release for event in begun if event.attempt in here]
    return releases[-1] if releases else None
