"""The end of a check that proves nothing: no pass, and no failure of the stage."""

from typing import NoReturn


class Inconclusive(Exception):
    """What a check raises when too little was seen to judge; pytest itself counts it as a failure."""


def inconclusive(why: str) -> NoReturn:
    """End the check. Raises Inconclusive."""
    raise Inconclusive(why)
