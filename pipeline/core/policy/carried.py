"""Whether an override carries the verdict of a gate."""

from dataclasses import replace

from pipeline.core import events as ev
from pipeline.core.history import History
from pipeline.core.overrides import may_carry


def carried(history: History, judged: ev.GateJudged, at: float) -> ev.GateJudged:
    """The verdict, with the override that carries it if one stands at this moment (seconds since 1970)."""
    attempt = history.attempts[judged.attempt]
    found = history.override(attempt.stage, attempt.release, judged.gate)
    if found is None or found.ended(at) or not may_carry(attempt.kind, judged.evidence):
        return judged
    return replace(judged, override=found)
