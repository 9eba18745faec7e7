"""Values as text and as JSON data. Pure, except for the functions that print."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.core.attempt import Attempt
from pipeline.core.chain import Head
from pipeline.core.codec import plain
from pipeline.core.history import History

SCHEMA_VERSION = 2


def print_json(document: Mapping[str, object]) -> None:
    """Print the one document of a call on stdout."""
    click.echo(json.dumps({"schema_version": SCHEMA_VERSION, **document}, indent=2))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on stdout."""
    for line in table(header, rows):
        click.echo(line)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of aligned columns, two spaces apart, the header first."""
    widths = [max(len(row[n]) for row in (header, *rows)) for n in range(len(header))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (header, *rows)
    ]


def moment(at: float | None) -> str | None:
    """Seconds since 1970 as RFC 3339 in UTC."""
    return (
        None
        if at is None
        else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    )


def span(seconds: float) -> str:
    """A duration as text: `0.4s`, `12s`, `3m05s`."""
    if seconds < 10:  # noqa: PLR2004 - below ten seconds a tenth is worth showing
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


def print_retries(attempt: Attempt) -> None:
    """Print one line per retry."""
    for retry in attempt.retries:
        click.echo(f"{attempt.id} retried {retry}")


def head_data(head: Head) -> dict[str, object]:
    """The ledger's head as JSON data."""
    return {"head": head.seq, "digest": head.digest}


def attempt_data(history: History, attempt: Attempt, site: Path) -> dict[str, object]:
    """One attempt as JSON data."""
    release = history.releases[attempt.release]
    gates = [
        {
            "gate": gate,
            "verdict": evidence.verdict.value,
            "passed": evidence.passed,
            "wanted": evidence.wanted,
            "evidence": str(site / attempt.directories.get(gate, "")),
            "findings": [plain(finding) for finding in evidence.findings],
            "retakes": [plain(retake) for retake in evidence.retakes],
        }
        for gate, evidence in attempt.evidence.items()
    ]
    return {
        "id": attempt.id,
        "run": attempt.run,
        "kind": attempt.kind.value,
        "stage": attempt.stage,
        "release": release.id,
        "alias": release.alias,
        "outcome": attempt.outcome.value if attempt.outcome else None,
        "interrupted": attempt.outcome is None and attempt.interrupted,
        "started_at": moment(attempt.started_at),
        "ended_at": moment(attempt.ended_at),
        "rolls_back": attempt.rolls_back,
        "required_gates": list(attempt.gates),
        "choice": plain(attempt.choice),
        "gates": gates,
        "steps": len(attempt.plan.steps),
        "steps_done": len(attempt.done),
        "refusals": list(attempt.plan.refusals),
        "plan_trouble": None if attempt.plan_trouble is None else plain(attempt.plan_trouble),
        "retries": [plain(retry) for retry in attempt.retries],
        "failures": {step: plain(trouble) for step, trouble in attempt.failures.items()},
    }
