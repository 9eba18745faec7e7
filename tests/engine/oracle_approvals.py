"""What the oracle knows of approvals: who let a promotion in, and by which plan. From the events alone."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from pipeline.core import events as ev
from pipeline.core.line import LineStage

Past = Sequence[ev.Record]


def unapproved(past: Past, begun: ev.Record, asked: Past) -> Iterator[str]:
    """Why the promotion that began then lacks approvals, by the line that is in force at the end of `asked`.

    Whether one has expired is a matter of the start, and of the line of then.
    """
    start = begun.event
    assert isinstance(start, ev.AttemptStarted)
    rule, first = _rule(asked, start.stage), _rule(past[: begun.seq - 1], start.stage)
    if rule is None or not rule.approvals.count:
        return
    within_s = (first or rule).approvals.within_s
    who = {
        event.by.name
        for at, event in _standing(past[: begun.seq - 1], start)
        if event.plan == start.expects
        and event.by.name != start.by.name
        and at + within_s > begun.at
        and (not rule.approvals.by or event.by.name in rule.approvals.by)
        and (event.by.proved or not rule.approvals.verified)
    }
    if len(who) < rule.approvals.count:
        yield f"{start.attempt} enters {start.stage} with {len(who)} of {rule.approvals.count} approvals"


def another_plan(past: Past, made: ev.PlanMade) -> Iterator[str]:
    """Why this is not the plan that was asked for or approved. A plan that refuses performs nothing."""
    (start,) = (
        record.event
        for record in past
        if isinstance(record.event, ev.AttemptStarted) and record.event.attempt == made.attempt
    )
    if start.expects and not made.plan.refusals and start.expects != _digest(made):
        yield f"{made.attempt} has another plan than was approved or asked for"


def _standing(past: Past, start: ev.AttemptStarted) -> Iterator[tuple[float, ev.PromotionApproved]]:
    """The approvals that nobody has taken back or replaced, and that no attempt of the kind has used up."""
    stage, release, kind = start.stage, start.release, start.kind
    for record in past:
        event = record.event
        if not isinstance(event, ev.PromotionApproved) or (event.stage, event.release, event.kind) != (
            stage,
            release,
            kind,
        ):
            continue
        later = past[record.seq :]
        spoken = any(
            isinstance(item.event, ev.PromotionApproved | ev.ApprovalWithdrawn)
            and (item.event.stage, item.event.release, item.event.by) == (stage, release, event.by)
            and getattr(item.event, "kind", kind) is kind
            for item in later
        )
        if not spoken and not _begun(past, record.seq, start):
            yield record.at, event


def _begun(past: Past, seq: int, start: ev.AttemptStarted) -> bool:
    """Whether an attempt of this kind has begun to change the stage only after this event."""
    promotions = {
        record.event.attempt
        for record in past
        if isinstance(record.event, ev.AttemptStarted)
        and record.event.kind is start.kind
        and (record.event.stage, record.event.release) == (start.stage, start.release)
    }
    changing: dict[str, int] = {}
    for record in past:
        event = record.event
        if isinstance(event, ev.StepStarted | ev.GateStarted) and event.attempt in promotions:
            changing.setdefault(event.attempt, record.seq)
    return any(first > seq for first in changing.values())


def _rule(past: Past, stage: str) -> LineStage | None:
    """What the line asks of the stage. A config asks for no approvals, so without a line nobody does."""
    lines = [record.event.line for record in past if isinstance(record.event, ev.LineSet)]
    found = [item for item in lines[-1].stages if item.name == stage] if lines else []
    return found[0] if found else None


def _digest(made: ev.PlanMade) -> str:
    steps = sorted((asdict(step) for step in made.plan.steps), key=lambda step: str(step["id"]))
    summary = sorted([change.host, change.change] for change in made.plan.summary)
    said: dict[str, object] = {"refusals": [], "steps": steps, "summary": summary}
    if made.plan.legs:
        said["legs"] = [asdict(leg) for leg in made.plan.legs]
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
