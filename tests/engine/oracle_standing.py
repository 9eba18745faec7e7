"""The rules of redeployments and retirements once more, from the events alone; a part of the oracle."""

from collections.abc import Iterator, Sequence

from pipeline.core import events as ev
from pipeline.core.kinds import Kind

DOES = {Kind.REDEPLOY: "redeploys a host", Kind.RETIRE: "retires something"}


def not_of_what_stands(
    past: Sequence[ev.Record], start: ev.AttemptStarted, *, is_held: bool
) -> Iterator[str]:
    """Why what stands in this stage may not be changed now, or not for this release."""
    does = f"{start.attempt} {DOES[start.kind]}"
    if is_held:
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


def held(past: Sequence[ev.Record], stage: str, at: float) -> bool:
    """Whether a hold is on this stage at this moment."""
    lifted = {one.event.hold for one in past if isinstance(one.event, ev.HoldLifted)}
    holds = [one.event for one in past if isinstance(one.event, ev.HoldPlaced)]
    return any(
        hold.hold not in lifted and hold.stage in (None, stage) and (hold.until is None or at < hold.until)
        for hold in holds
    )


def rejected(past: Sequence[ev.Record], release: str) -> bool:
    """Whether the last that was said of the release is that it is rejected."""
    said = [
        one.event
        for one in past
        if isinstance(one.event, ev.ReleaseRejected | ev.RejectionWithdrawn) and one.event.release == release
    ]
    return bool(said) and isinstance(said[-1], ev.ReleaseRejected)


def begun_and_resumed(past: Sequence[ev.Record], name: str) -> list[ev.Record]:
    """The record of the attempt's start, and those of its resumptions."""
    kinds = (ev.AttemptStarted, ev.Resumed)
    return [one for one in past if isinstance(one.event, kinds) and one.event.attempt == name]
