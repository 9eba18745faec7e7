"""Durations in the notations that settings and services use."""

import re

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
WITH_UNIT = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
ISO = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")


def seconds(value: object) -> float:
    """Convert a number, `500ms`, `2s`, `3m`, `1h` or ISO 8601's `PT0.5S` to seconds. Raises ValueError."""
    if isinstance(value, int | float):
        return float(value)
    text = str(value)
    if found := WITH_UNIT.fullmatch(text):
        return round(float(found[1]) * UNITS[found[2]], 6)
    found = ISO.fullmatch(text)
    if found is None or not any(found.groups()):
        raise ValueError(f"{text!r} is not a duration")
    hours, minutes, rest = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest
