"""The shards of an attempt's gates as lines: what each reported, and where its evidence is."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.core.attempt import Attempt
from pipeline.core.shard_reports import ShardState


def shard_lines(attempt: Attempt, site: Path) -> Iterator[str]:
    """A line for each shard that has begun, by gate."""
    for gate, known in attempt.shards.items():
        for state in known:
            yield f"shard {state.shard} of gate {gate}: {_told(state)}; {site / state.directory}"


def _told(state: ShardState) -> str:
    if state.report is None:
        return "has not reported" if state.open else "never reported; its checks were left to the resumption"
    evidence = state.report.evidence
    return f"{evidence.summary}, {evidence.passed} of {evidence.wanted} checks passed"
