"""What attempts have measured, by the evidence of their gates: costs of faults, how long clients waited."""

import json
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.cli.faults import faults_of
from pipeline.core.attempt import Attempt
from pipeline.core.errors import UsageProblem
from pipeline.core.history import History
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.measures import Measure

# Differences below these (seconds) are not reported: faults cost a different time at each injection, and
# answers come sooner and later with all else that a machine does.
_GAP_S, _ANSWER_S = 0.5, 0.01
_OK = "ok"


def verified_before(history: History, attempt: Attempt) -> Attempt:
    """The promotion by which another release was verified last in the stage, before the attempt began.

    Raises UsageProblem if there is none.
    """
    for one in reversed(tuple(history.attempts.values())):
        promoted = one.kind is Kind.PROMOTE and one.outcome is Outcome.VERIFIED
        there_before = one.stage == attempt.stage and one.first_event < attempt.first_event
        if promoted and there_before and one.release != attempt.release:
            return one
    raise UsageProblem(
        f"no other release was verified in {attempt.stage} before {attempt.id}",
        next=f"promote history --stage {attempt.stage}, and name one: promote show {attempt.id} --against p1",
    )


def sides(history: History, before: Attempt, now: Attempt) -> tuple[tuple[Attempt, ...], tuple[Attempt, ...]]:
    """The attempts whose measures are compared: of two releases, all of each in its stage; of one, these two.

    A fault is measured once in an attempt, and one value says nothing of another.
    """
    if (before.release, before.stage) == (now.release, now.stage):
        return (before,), (now,)
    known = history.attempts.values()
    one, other = (
        tuple(found for found in known if (found.release, found.stage) == (side.release, side.stage))
        for side in (before, now)
    )
    return one, other


def measures(
    attempts: Iterable[Attempt], site: Path, damaged: Callable[[UsageProblem], None]
) -> Mapping[str, Measure]:
    """All that these have measured, by name. Raises OSError.

    A trace that is damaged is left out, whole, and `damaged` called: the others are as good as before.
    """
    found: dict[str, tuple[float, list[float]]] = {}
    for attempt in attempts:
        for name, least, value in (*_costs(attempt, site), *_answers(attempt, site, damaged)):
            found.setdefault(name, (least, []))[1].append(value)
    return {name: Measure(least, tuple(values)) for name, (least, values) in found.items()}


def _costs(attempt: Attempt, site: Path) -> Iterator[tuple[str, float, float]]:
    for fault in faults_of(attempt, site):
        if fault.longest_gap_s is not None:
            yield f"{fault.name}: longest gap", _GAP_S, fault.longest_gap_s
        if fault.recovered_after_s is not None:
            yield f"{fault.name}: recovered after", _GAP_S, fault.recovered_after_s


def _answers(
    attempt: Attempt, site: Path, damaged: Callable[[UsageProblem], None]
) -> Iterator[tuple[str, float, float]]:
    """For each client and second the median time until an answer: those of one second are not independent."""
    for gate, directory in attempt.directories.items():
        for path in sorted((site / directory).glob("traces/*/*.jsonl")):
            try:
                seconds = _by_second(path.read_text(encoding="utf-8"))
            except (KeyError, TypeError, ValueError) as problem:
                damaged(UsageProblem("a client's trace can't be read", where=str(path), why=repr(problem)))
                continue
            name = f"{gate}: {path.stem} is answered"
            yield from ((name, _ANSWER_S, statistics.median(waits)) for waits in seconds.values())


def _by_second(text: str) -> Mapping[int, list[float]]:
    """By second, how long each request took that was answered, where the trace says when it was sent.

    A last line without its end is left out: a client that was killed leaves one.
    """
    waits: dict[int, list[float]] = {}
    for line in text[: text.rfind("\n") + 1].splitlines()[1:]:
        request: dict[str, Any] = json.loads(line)
        if request["outcome"] == _OK and "start" in request:
            start, end = float(request["start"]), float(request["end"])
            waits.setdefault(int(start), []).append(end - start)
    return waits
