"""When a stage was last deployed: since then its journals must be clean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from stages.site import write

if TYPE_CHECKING:
    from pathlib import Path

    from stages.context import Context


def mark(context: Context) -> None:
    """Now: a run has planned, or has ended a step. What was logged before is an earlier state's."""
    write(_record(context), datetime.now(UTC).isoformat(timespec="milliseconds"))


def ended_at(context: Context) -> str | None:
    """When, as RFC 3339 in UTC; None for a stage that never was deployed."""
    record = _record(context)
    return record.read_text() if record.exists() else None


def _record(context: Context) -> Path:
    return context.site.stage(context.stage) / "deployed_at"
