"""Durations: text with a unit in the config, seconds as a float in the code."""

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_NUMBER, _UNIT = r"[0-9]+(?:\.[0-9]+)?", "|".join(_SECONDS)
_WRITTEN = re.compile(f"(?P<number>{_NUMBER})(?P<unit>{_UNIT})")
_LONGEST_DIGITS = 12
_AS_TEXT = {"type": "string", "pattern": f"^{_NUMBER}({_UNIT})$", "maxLength": _LONGEST_DIGITS - 1}


def seconds(written: object) -> float:
    """Parse text such as `200ms`, `0.5s`, `3m`, `1h` or `7d` into seconds.

    Raises ValueError for anything else: a bare number has no unit.
    """
    match = (
        _WRITTEN.fullmatch(written) if isinstance(written, str) and len(written) < _LONGEST_DIGITS else None
    )
    if match is None:
        raise ValueError(
            f"{written!r} is not a duration: write a number and a unit, ms, s, m, h or d, as in 500ms"
        )
    length = round(float(match["number"]) * _SECONDS[match["unit"]], 6)
    if length <= 0:
        raise ValueError("a duration must be more than zero")
    return length


Seconds = Annotated[float, BeforeValidator(seconds), WithJsonSchema(_AS_TEXT)]
"""A pydantic field: written with a unit, held as seconds, more than zero."""


def milliseconds(length: float) -> str:
    """Seconds as HAProxy writes them: `500ms`."""
    return f"{round(length * 1000)}ms"


def iso(length: float) -> str:
    """Seconds as Galera writes them: `PT0.5S`."""
    return f"PT{length:g}S"
