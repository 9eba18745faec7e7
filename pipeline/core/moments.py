"""Moments as text."""

from datetime import UTC, datetime


def written(at: float) -> str:
    """Seconds since 1970 as RFC 3339 in UTC, to the second: `2026-11-28T18:00:00Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
