"""The evidence of a drill: traces, marks and measures, one folder per fault."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from suites.failover.judging import Judged, beside, budget_of, worst
from suites.failover.marks import Event, Marks, Writing, write_marks
from suites.failover.picture import Broken, FaultPicture, ProbePicture
from suites.failover.story import Story
from suites.probes.trace import RequestOutcome, Trace, Window, write_trace
from suites.seam.report import FaultCost

AGAIN = "_again"


def leave(into: Path, story: Story, judged: Judged) -> FaultCost:
    """Write a fault's evidence into `traces/<component>_<fault>/`; return what it cost. Raises OSError."""
    name = name_of(story)
    folder = into / "traces" / name
    folder.mkdir(parents=True, exist_ok=True)
    for trace in story.traces:
        write_trace(trace, folder / f"{trace.probe}.jsonl")
    marks = marks_of(story)
    write_marks(marks, folder / "marks.json")
    cost = cost_of(story, judged)
    details = {
        "stalled_s": story.stalled_s,
        "messages": story.messages and asdict(story.messages),
        "keys": story.keys and asdict(story.keys),
        "failing": {probe: asdict(measures) for probe, measures in judged.failing.items()},
        "mending": {probe: asdict(measures) for probe, measures in judged.mending.items()},
    }
    _write(folder, cost, story.failing.fault, judged.seen, details)
    return cost


def leave_broken(
    into: Path, broken: Broken, folder_name: str, at: float, *, retaken: bool = False
) -> FaultCost:
    """Record a fault that could not be judged, so that it is counted; return its cost. Raises OSError."""
    folder = into / "traces" / folder_name
    folder.mkdir(parents=True, exist_ok=True)
    cost = FaultCost(broken.fault, retaken, target="-", proof="-", verdict=broken.verdict.value)
    _write(folder, cost, at, broken.why, {})
    return cost


def _write(folder: Path, cost: FaultCost, at: float, seen: str, details: Mapping[str, object]) -> None:
    document = {**asdict(cost), "injected": at, "seen": seen, **details}
    (folder / "measures.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def marks_of(story: Story) -> Marks:
    """Return the marks of a fault: what was done and when, and what the hosts logged about it."""
    return Marks(
        fault=name_of(story),
        component=story.component,
        target=story.victim,
        seed=story.seed,
        injected=story.failing.fault,
        proved=story.proved,
        undone=story.failing.end,
        events=(*story.events, Event(story.healthy, "every component is healthy again")),
        holders=story.holdings,
        writers=writers(story.traces),
        budget_s=story.timing.budget_s,
        formula=story.timing.formula,
        proof=story.proof.seen,
    )


def picture(story: Story, judged: Judged) -> FaultPicture:
    """Return a fault as the report shows it: drawn from the baseline to the end, measured until its undo."""
    return FaultPicture(
        marks=marks_of(story),
        window=Window(story.failing.begin, story.failing.fault, story.mending.end),
        probes=tuple(
            ProbePicture(trace, judged.failing[trace.probe], budget_of(story, trace))
            for trace in story.traces
            if trace.probe in judged.failing
        ),
        verdict=judged.verdict,
        why=judged.why,
        writes=story.writes,
        beside=beside(story),
    )


def name_of(story: Story) -> str:
    """Return the name of a fault in files and pictures; a second measurement has its own."""
    return named(story.component, story.fault_case.name, repeated=story.repeated)


def named(component: str, fault: str, *, repeated: bool = False) -> str:
    """Return the name of a fault's evidence folder."""
    return f"{component}_{fault}{AGAIN if repeated else ''}"


def cost_of(story: Story, judged: Judged) -> FaultCost:
    """Return a fault's cost: the longest gap relative to its budget, all errors, and the last recovery.

    `lost` and `acknowledged` count rows, messages and keys together.
    """
    probes = judged.failing.values()
    probe, may = worst(story, judged.failing)
    back = [measures.recovered_after_s for measures in probes]
    messages, keys = story.messages, story.keys
    lost, acknowledged = [len(story.writes.lost_keys)], [story.writes.acknowledged]
    if messages is not None:
        lost, acknowledged = [*lost, len(messages.lost)], [*acknowledged, messages.confirmed]
    if keys is not None:
        lost, acknowledged = [*lost, len(keys.lost)], [*acknowledged, keys.judged_before + keys.judged_after]
    return FaultCost(
        fault=named(story.component, story.fault_case.name, repeated=False),
        retaken=not judged.final and not story.repeated,
        target=story.victim,
        proof=story.proof.seen,
        verdict=judged.verdict.value,
        longest_gap_s=judged.failing[probe].longest_gap_s,
        budget_s=may,
        errors=sum(measures.errors for measures in probes),
        recovered_after_s=None if None in back else max(filter(None, back), default=0.0),
        lost=sum(lost),
        acknowledged=sum(acknowledged),
    )


def writers(traces: tuple[Trace, ...]) -> tuple[Writing, ...]:
    """Return every change of the database that takes the writes, as clients saw it."""
    answered = sorted(
        (request.end, request.by)
        for trace in traces
        if trace.kind == "sql"
        for request in trace.requests
        if request.by and request.outcome is RequestOutcome.OK
    )
    changes: list[Writing] = []
    for at, by in answered:
        if not changes or changes[-1].writer != by:
            changes.append(Writing(at, by))
    return tuple(changes)
