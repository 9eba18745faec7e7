"""What a run came to, on stdout; and for a red one, its last five lines on stderr."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pipeline.cli.exit_codes import ExitCode, code_of_run, meaning_of_run
from pipeline.cli.output import losable
from pipeline.cli.render import print_json, print_retries, print_table, promotion_data, span
from pipeline.core.kinds import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.cli.call import Call
    from pipeline.core.plan import Trouble
    from pipeline.core.promotion import Promotion
    from pipeline.engine.result import RunResult


def show_run(call: Call, result: RunResult, site: Path) -> int:
    """Print the result; the exit code, which is the run's own, whether or not anybody reads the result."""
    code = code_of_run(result)
    with losable(f"the result of {result.promotion.id}"):
        _print(call, result, site, code)
    if code is not ExitCode.DONE:
        with losable("the last words"):
            for line in last_words(call, result, site):
                click.echo(line, err=True)
    return int(code)


def _print(call: Call, result: RunResult, site: Path, code: ExitCode) -> None:
    if call.json:
        runs = [promotion_data(result.history, promotion, site) for promotion in result.promotions]
        outcome, meaning = result.outcome.value, meaning_of_run(result)
        print_json({"promotions": runs, "outcome": outcome, "exit_code": int(code), "meaning": meaning})
    else:
        print_table(
            ("PROMOTION", "KIND", "RELEASE", "STAGE", "OUTCOME", "TOOK", "GATES", "EVIDENCE"),
            [_row(result, promotion, site) for promotion in result.promotions],
        )
        for promotion in result.promotions:
            print_retries(promotion)


def _row(result: RunResult, promotion: Promotion, site: Path) -> tuple[str, ...]:
    release = result.history.releases[promotion.release]
    took = span((promotion.ended_at or promotion.started_at) - promotion.started_at)
    gates = ", ".join(f"{gate} {evidence.summary}" for gate, evidence in promotion.evidence.items())
    outcome = promotion.outcome.value if promotion.outcome else "open"
    where = str(site / "runs" / promotion.id)
    return (
        promotion.id,
        promotion.kind.value,
        str(release),
        promotion.stage,
        outcome,
        took,
        gates or "-",
        where,
    )


@dataclass(frozen=True, slots=True)
class _Culprit:
    """What to look at first. `next` is empty where nothing is better than looking at the promotion."""

    test: str
    host: str
    seen: str
    evidence: str
    next: str = ""


def last_words(call: Call, result: RunResult, site: Path) -> tuple[str, str, str, str, str]:
    """The five lines that a red run ends with: test, host, what was seen, evidence, next command."""
    culprit = _what_went_wrong(result)
    return (
        f"test: {culprit.test}",
        f"host: {culprit.host}",
        f"seen: {_one_line(culprit.seen)}",
        f"evidence: {site / culprit.evidence}",
        f"next: {_one_line(call.addressed(culprit.next or _show(result)))}",
    )


def _what_went_wrong(result: RunResult) -> _Culprit:
    suspects = result.promotions
    if result.outcome is Outcome.RETURN_FAILED and result.returned is not None:
        suspects = (result.returned, *suspects)
    found = (culprit for promotion in suspects if (culprit := _culprit(promotion)) is not None)
    return next(found, _Culprit("-", "-", result.outcome.value, f"runs/{result.promotion.id}"))


def _culprit(promotion: Promotion) -> _Culprit | None:
    directory = f"runs/{promotion.id}"
    for gate, evidence in promotion.evidence.items():
        if evidence.findings:
            finding = evidence.findings[0]
            where = promotion.directories.get(gate, directory)
            return _Culprit(finding.name(), finding.host, finding.seen, where)
    for step, trouble in promotion.failures.items():
        hosts = {item.id: item.host for item in promotion.plan.steps}
        return _Culprit(f"step {step}", hosts.get(step) or "-", _seen(trouble), directory, trouble.next)
    if promotion.plan.refusals:
        return _Culprit("plan", "-", "; ".join(promotion.plan.refusals), directory)
    if promotion.plan_trouble is not None:
        return _Culprit("plan", "-", _seen(promotion.plan_trouble), directory, promotion.plan_trouble.next)
    return None


def _seen(trouble: Trouble) -> str:
    return f"{trouble.what} ({trouble.why})" if trouble.why else trouble.what


def _show(result: RunResult) -> str:
    if result.outcome is Outcome.RETURN_FAILED and result.returned is not None:
        return f"promote show {result.returned.id}"
    return f"promote show {result.promotion.id}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
