"""The rules of redeployments and retirements once more, from the events alone; a part of the oracle."""

from collections.abc import Iterator, Sequence

from pipeline.core import events as ev
from pipeline.core.kinds import Kind

DOES = {Kind.REDEPLOY: "redeploys a host", Kind.RETIRE: "retires something"}


def not_of_what_stands(past: Sequence[ev.Record], start: ev.AttemptStarted, *, held: bool) -> Iterator[str]:
    """Why what stands in this stage may not be changed now, or not for this release."""
    does = f"{start.attempt} {DOES[start.kind]}"
    if held:
        yield f"{does} in {start.stage}, which is held"
    if start.release != _standing(past, start.stage):
        yield f"{does} of what does not stand in {start.stage}"


def _standing(past: Sequence[ev.Record], stage: str) -> str | None:
    """The release of the last attempt that began to change the stage."""
    starts = [record.event for record in past if isinstance(record.event, ev.AttemptStarted)]
    here = {start.attempt: start for start in starts if start.stage == stage and start.kind is not Kind.GATE}
    begun = [record.event for record in past if isinstance(record.event, ev.StepStarted | ev.GateStarted)]
    releases = [here[event.attempt].release for event in begun if event.attempt in here]
    return releases[-1] if releases else None
