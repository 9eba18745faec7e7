"""Prints the result of a run on stdout and, unless it succeeded, five last lines on stderr."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.cli.call import Call
from pipeline.cli.causes_shown import cause_lines, others
from pipeline.cli.exit_codes import ExitCode, code_of_run, meaning_of_run
from pipeline.cli.found import found_by
from pipeline.cli.output import losable, warn
from pipeline.cli.render import (
    attempt_data,
    counted,
    gates_of,
    head_data,
    head_lines,
    not_rolled_back,
    outcome_of,
    print_lines,
    retries,
    table,
    took,
)
from pipeline.cli.result import print_result
from pipeline.core.attempt import Attempt
from pipeline.core.causes import causes_of
from pipeline.core.chain import Head
from pipeline.core.errors import StagegateError
from pipeline.core.kinds import Outcome
from pipeline.core.shard_reports import directory_of
from pipeline.engine.result import RunResult
from pipeline.workshop import Workshop


def show_run(call: Call, result: RunResult, shop: Workshop) -> int:
    """Print the result; return the run's exit code, whether or not the result could be printed."""
    with losable(f"the result of {result.attempt.id}"):
        head = head_now(shop)
        lines = [*_lines(result, shop.site), *head_lines(head)]
        print_result(call, run_data([result], shop.site, head), lines)
    show_last_words(call, result, shop.site)
    return int(code_of_run(result))


def show_last_words(call: Call, result: RunResult, site: Path) -> None:
    """Print the five last lines of the run, unless it succeeded."""
    if code_of_run(result) is not ExitCode.DONE:
        with losable("the last words"):
            print_lines(last_words(call, result, site), err=True)


def run_data(results: Sequence[RunResult], site: Path, head: Head | None) -> dict[str, object]:
    """One run, or a gate's repeated runs, as JSON data. The decisive run gives outcome and exit code."""
    told = decisive(results)
    return {
        "attempts": [
            attempt_data(result.history, attempt, site) for result in results for attempt in result.attempts
        ],
        "outcome": told.outcome.value,
        "exit_code": int(code_of_run(told)),
        "meaning": meaning_of_run(told),
        "ledger": head_data(head),
    }


def decisive(results: Sequence[RunResult]) -> RunResult:
    """The first run that did not succeed; if all did, the last one."""
    no = (result for result in results if code_of_run(result) is not ExitCode.DONE)
    return next(no, results[-1])


def head_now(shop: Workshop) -> Head | None:
    """The ledger's head after a run. None, with a warning, if it cannot be read."""
    try:
        return shop.ledger.head()
    except StagegateError as problem:  # the run is over: its result counts
        warn(f"the ledger's head could not be read: {'; '.join(problem.lines())}")
        return None


def _lines(result: RunResult, site: Path) -> list[str]:
    header = ("ATTEMPT", "KIND", "RELEASE", "STAGE", "OUTCOME", "TOOK", "GATES", "EVIDENCE")
    lines = table(header, [_row(result, attempt, site) for attempt in result.attempts])
    more = (line for attempt in result.attempts for line in (*retries(attempt), *not_rolled_back(attempt)))
    return [*lines, *more, *(line for attempt in result.attempts for line in _causes(attempt, site))]


def _causes(attempt: Attempt, site: Path) -> Iterator[str]:
    """What the gates of an attempt found, the causes first."""
    for found in found_by(attempt):
        yield f"{attempt.id}, gate {found.gate}: {counted(len(found.evidence.findings), 'finding')}"
        yield from cause_lines(found, site)


def _row(result: RunResult, attempt: Attempt, site: Path) -> tuple[str, ...]:
    release = str(result.history.releases[attempt.release])
    names = (attempt.id, attempt.kind.value, release, attempt.stage)
    return (*names, outcome_of(attempt), took(attempt), gates_of(attempt), str(site / "runs" / attempt.id))


@dataclass(frozen=True, slots=True)
class _Culprit:
    """What to look at first. If `next` is empty, the next command is to show the attempt."""

    test: str
    host: str
    seen: str
    evidence: str
    next: str = ""


def last_words(call: Call, result: RunResult, site: Path) -> tuple[str, str, str, str, str]:
    """The five last lines of a failed run: test, host, what was seen, evidence, next command."""
    culprit = _what_went_wrong(result)
    command = culprit.next or f"promote show {(_failed_rollback(result) or result.attempt).id}"
    return (
        f"test: {culprit.test}",
        f"host: {culprit.host}",
        f"seen: {_one_line(culprit.seen)}",
        f"evidence: {site / culprit.evidence}",
        f"next: {_one_line(call.addressed(command))}",
    )


def _what_went_wrong(result: RunResult) -> _Culprit:
    back = _failed_rollback(result)
    suspects = result.attempts if back is None else (back, *result.attempts)
    found = (culprit for attempt in suspects if (culprit := _culprit(attempt)) is not None)
    return next(found, _Culprit("-", "-", result.outcome.value, f"runs/{result.attempt.id}"))


def _culprit(attempt: Attempt) -> _Culprit | None:
    directory = f"runs/{attempt.id}"
    for gate, evidence in attempt.evidence.items():
        if evidence.findings and gate not in attempt.overrides:
            causes = causes_of(evidence)
            finding = causes[0].finding
            of_shard = directory_of(attempt.shards, gate, finding)
            where = of_shard or attempt.directories.get(gate, directory)
            return _Culprit(finding.name(), finding.host, f"{finding.seen}{others(causes)}", where)
    for step, trouble in attempt.failures.items():
        hosts = {item.id: item.host for item in attempt.plan.steps}
        return _Culprit(f"step {step}", hosts.get(step) or "-", trouble.line(), directory, trouble.next)
    if attempt.plan.refusals:
        return _Culprit("plan", "-", "; ".join(attempt.plan.refusals), directory)
    if attempt.plan_trouble is not None:
        return _Culprit("plan", "-", attempt.plan_trouble.line(), directory, attempt.plan_trouble.next)
    return None


def _failed_rollback(result: RunResult) -> Attempt | None:
    return result.rollback if result.outcome is Outcome.ROLLBACK_FAILED else None


def _one_line(text: str) -> str:
    return " ".join(text.split())
