"""Percentages: text with a sign in the config, a number from 0 to 100 in the code."""

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_NUMBER = r"[0-9]{1,3}(?:\.[0-9]{1,3})?"
_WRITTEN = re.compile(f"(?P<number>{_NUMBER})%")


def percent(written: object) -> float:
    """Parse text such as `10%` or `0.5%`: more than 0, and 100 at most.

    Raises ValueError for anything else: a bare number could be a fraction.
    """
    match = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        raise ValueError(f"{written!r} is not a percentage: write a number and its sign, as in 10%")
    found = float(match["number"])
    if not 0 < found <= 100:  # noqa: PLR2004 - a hundred of a hundred
        raise ValueError("a percentage must be more than 0% and 100% at most")
    return found


Percent = Annotated[
    float, BeforeValidator(percent), WithJsonSchema({"type": "string", "pattern": f"^{_NUMBER}%$"})
]
"""A pydantic field: written with its sign, held as a number from 0 to 100."""
