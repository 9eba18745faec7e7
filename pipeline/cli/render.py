"""Values as text and as JSON data. Pure, but for the two functions that print."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from pipeline.core.codec import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pipeline.core.history import History
    from pipeline.core.promotion import Promotion

SCHEMA_VERSION = 1


def print_json(document: Mapping[str, object]) -> None:
    """The one document of a call on stdout."""
    click.echo(json.dumps({"schema_version": SCHEMA_VERSION, **document}, indent=2))


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns on stdout, as wide as they need to be."""
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
    """A duration for people: `0.4s`, `12s`, `3m05s`."""
    if seconds < 10:  # noqa: PLR2004 - below ten seconds a tenth is worth showing
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


def print_retries(promotion: Promotion) -> None:
    """A line for each attempt that failed and was made again."""
    for retry in promotion.retries:
        click.echo(f"{promotion.id} retried {retry}")


def promotion_data(history: History, promotion: Promotion, site: Path) -> dict[str, object]:
    """One promotion as JSON data."""
    release = history.releases[promotion.release]
    gates = [
        {
            "gate": gate,
            "verdict": evidence.verdict.value,
            "passed": evidence.passed,
            "wanted": evidence.wanted,
            "evidence": str(site / promotion.directories.get(gate, "")),
            "findings": [plain(finding) for finding in evidence.findings],
            "retakes": [plain(retake) for retake in evidence.retakes],
        }
        for gate, evidence in promotion.evidence.items()
    ]
    return {
        "id": promotion.id,
        "run": promotion.run,
        "kind": promotion.kind.value,
        "stage": promotion.stage,
        "release": release.id,
        "alias": release.alias,
        "outcome": promotion.outcome.value if promotion.outcome else None,
        "interrupted": promotion.outcome is None and promotion.interrupted,
        "started_at": moment(promotion.started_at),
        "ended_at": moment(promotion.ended_at),
        "returns": promotion.returns,
        "required_gates": list(promotion.gates),
        "gates": gates,
        "steps": len(promotion.plan.steps),
        "steps_done": len(promotion.done),
        "refusals": list(promotion.plan.refusals),
        "plan_trouble": None if promotion.plan_trouble is None else plain(promotion.plan_trouble),
        "retries": [plain(retry) for retry in promotion.retries],
        "failures": {step: plain(trouble) for step, trouble in promotion.failures.items()},
    }
