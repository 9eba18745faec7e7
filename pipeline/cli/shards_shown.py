"""The shards of an attempt's gates as lines: what each reported, and where its evidence is."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.cli.whereabouts import whereabouts
from pipeline.core.attempt import Attempt
from pipeline.core.history import History
from pipeline.core.shard_reports import ShardState


def shard_lines(history: History, attempt: Attempt, site: Path) -> Iterator[str]:
    """A line for each shard that has begun, by gate. Its evidence may be on the machine that it ran on."""
    for gate, known in attempt.shards.items():
        for state in known:
            where = whereabouts(history, attempt, state.directory, site, lost="not on this machine")
            yield f"shard {state.shard} of gate {gate}: {_told(state)}; {where}"


def _told(state: ShardState) -> str:
    if state.report is None:
        return "has not reported" if state.open else "never reported; its checks were left to the resumption"
    evidence = state.report.evidence
    return f"{evidence.summary}, {evidence.passed} of {evidence.wanted} checks passed"
