"""What a run came to, on stdout; and for a red one, its last five lines on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pipeline.cli.exit_codes import MEANING, ExitCode, code_of_run
from pipeline.cli.render import print_json, print_table, promotion_data, span
from pipeline.core.kinds import Outcome

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.cli.call import Call
    from pipeline.core.promotion import Promotion
    from pipeline.engine.result import RunResult


def show_run(call: Call, result: RunResult, site: Path) -> int:
    """Print the result; the exit code."""
    code = code_of_run(result)
    if call.json:
        runs = [promotion_data(result.history, promotion, site) for promotion in result.promotions]
        outcome = result.outcome.value
        print_json({"promotions": runs, "outcome": outcome, "exit_code": int(code), "meaning": MEANING[code]})
    else:
        print_table(
            ("PROMOTION", "KIND", "RELEASE", "STAGE", "OUTCOME", "TOOK", "GATES", "EVIDENCE"),
            [_row(result, promotion, site) for promotion in result.promotions],
        )
    sys.stdout.flush()
    if code is not ExitCode.DONE:
        for line in last_words(result, site):
            click.echo(line, err=True)
    return int(code)


def _row(result: RunResult, promotion: Promotion, site: Path) -> tuple[str, ...]:
    release = result.history.releases[promotion.release]
    took = span((promotion.ended_at or promotion.started_at) - promotion.started_at)
    gates = ", ".join(f"{gate} {evidence.verdict.value}" for gate, evidence in promotion.evidence.items())
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


def last_words(result: RunResult, site: Path) -> tuple[str, str, str, str, str]:
    """The five lines that a red run ends with: test, host, what was seen, evidence, next command."""
    test, host, seen, evidence = _what_went_wrong(result)
    return (
        f"test: {test}",
        f"host: {host}",
        f"seen: {_one_line(seen)}",
        f"evidence: {site / evidence}",
        f"next: {_next(result)}",
    )


def _what_went_wrong(result: RunResult) -> tuple[str, str, str, str]:
    culprits = (
        [result.returned, *result.promotions]
        if result.outcome is Outcome.RETURN_FAILED
        else result.promotions
    )
    for promotion in culprits:
        if promotion is None:
            continue
        directory = f"runs/{promotion.id}"
        for gate, evidence in promotion.evidence.items():
            if evidence.findings:
                finding = evidence.findings[0]
                return finding.name(), finding.host, finding.seen, promotion.directories.get(gate, directory)
        for step, trouble in promotion.failures.items():
            hosts = {item.id: item.host for item in promotion.plan.steps}
            seen = f"{trouble.what} ({trouble.why})" if trouble.why else trouble.what
            return f"step {step}", hosts.get(step) or "-", seen, directory
        if promotion.plan.refusals:
            return "plan", "-", "; ".join(promotion.plan.refusals), directory
        if promotion.plan_trouble is not None:
            trouble = promotion.plan_trouble
            return "plan", "-", f"{trouble.what} ({trouble.why})" if trouble.why else trouble.what, directory
    return "-", "-", result.outcome.value, f"runs/{result.promotion.id}"


def _next(result: RunResult) -> str:
    if result.outcome is Outcome.RETURN_FAILED and result.returned is not None:
        return f"promote show {result.returned.id}"
    return f"promote show {result.promotion.id}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
