"""Prints the result of a run on stdout and, unless it succeeded, five last lines on stderr."""

from dataclasses import dataclass
from pathlib import Path

import click

from pipeline.cli.call import Call
from pipeline.cli.exit_codes import ExitCode, code_of_run, meaning_of_run
from pipeline.cli.output import losable
from pipeline.cli.render import attempt_data, head_data, print_json, print_retries, print_table, span
from pipeline.core.attempt import Attempt
from pipeline.core.chain import Head
from pipeline.core.errors import StagegateError
from pipeline.core.kinds import Outcome
from pipeline.core.plan import Trouble
from pipeline.engine.result import RunResult
from pipeline.workshop import Workshop


def show_run(call: Call, result: RunResult, shop: Workshop) -> int:
    """Print the result; return the run's exit code, whether or not the result could be printed."""
    code = code_of_run(result)
    with losable(f"the result of {result.attempt.id}"):
        _print(call, result, shop.site, code, head_now(shop))
    if code is not ExitCode.DONE:
        with losable("the last words"):
            for line in last_words(call, result, shop.site):
                click.echo(line, err=True)
    return int(code)


def head_now(shop: Workshop) -> Head | None:
    """The ledger's head after a run. None, with a warning, if it cannot be read."""
    try:
        return shop.ledger.head()
    except StagegateError as problem:  # the run is over: its result counts
        with losable("a warning"):
            click.echo(f"the ledger's head could not be read: {'; '.join(problem.lines())}", err=True)
        return None


def _print(call: Call, result: RunResult, site: Path, code: ExitCode, head: Head | None) -> None:
    if call.json:
        runs = [attempt_data(result.history, attempt, site) for attempt in result.attempts]
        outcome, meaning = result.outcome.value, meaning_of_run(result)
        print_json(
            {
                "attempts": runs,
                "outcome": outcome,
                "exit_code": int(code),
                "meaning": meaning,
                "ledger": None if head is None else head_data(head),
            }
        )
    else:
        print_table(
            ("ATTEMPT", "KIND", "RELEASE", "STAGE", "OUTCOME", "TOOK", "GATES", "EVIDENCE"),
            [_row(result, attempt, site) for attempt in result.attempts],
        )
        for attempt in result.attempts:
            print_retries(attempt)
        if head is not None:
            click.echo(f"ledger head: {head}")


def _row(result: RunResult, attempt: Attempt, site: Path) -> tuple[str, ...]:
    release = result.history.releases[attempt.release]
    took = span((attempt.ended_at or attempt.started_at) - attempt.started_at)
    gates = ", ".join(f"{gate} {evidence.summary}" for gate, evidence in attempt.evidence.items())
    outcome = attempt.outcome.value if attempt.outcome else "open"
    where = str(site / "runs" / attempt.id)
    return (
        attempt.id,
        attempt.kind.value,
        str(release),
        attempt.stage,
        outcome,
        took,
        gates or "-",
        where,
    )


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
    return (
        f"test: {culprit.test}",
        f"host: {culprit.host}",
        f"seen: {_one_line(culprit.seen)}",
        f"evidence: {site / culprit.evidence}",
        f"next: {_one_line(call.addressed(culprit.next or _show(result)))}",
    )


def _what_went_wrong(result: RunResult) -> _Culprit:
    suspects = result.attempts
    if result.outcome is Outcome.ROLLBACK_FAILED and result.rollback is not None:
        suspects = (result.rollback, *suspects)
    found = (culprit for attempt in suspects if (culprit := _culprit(attempt)) is not None)
    return next(found, _Culprit("-", "-", result.outcome.value, f"runs/{result.attempt.id}"))


def _culprit(attempt: Attempt) -> _Culprit | None:
    directory = f"runs/{attempt.id}"
    for gate, evidence in attempt.evidence.items():
        if evidence.findings:
            finding = evidence.findings[0]
            where = attempt.directories.get(gate, directory)
            return _Culprit(finding.name(), finding.host, finding.seen, where)
    for step, trouble in attempt.failures.items():
        hosts = {item.id: item.host for item in attempt.plan.steps}
        return _Culprit(f"step {step}", hosts.get(step) or "-", _seen(trouble), directory, trouble.next)
    if attempt.plan.refusals:
        return _Culprit("plan", "-", "; ".join(attempt.plan.refusals), directory)
    if attempt.plan_trouble is not None:
        return _Culprit("plan", "-", _seen(attempt.plan_trouble), directory, attempt.plan_trouble.next)
    return None


def _seen(trouble: Trouble) -> str:
    return f"{trouble.what} ({trouble.why})" if trouble.why else trouble.what


def _show(result: RunResult) -> str:
    if result.outcome is Outcome.ROLLBACK_FAILED and result.rollback is not None:
        return f"promote show {result.rollback.id}"
    return f"promote show {result.attempt.id}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
