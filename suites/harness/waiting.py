"""Waiting for a condition, with a bound."""

import time
from collections.abc import Callable

from suites.errors import NotWithin
from suites.harness.observation import Observation


def until(
    condition: Callable[[], Observation],
    *,
    within: float,
    every: float = 0.1,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Observation:
    """Observe every `every` seconds until it holds, and return the observation that did.

    The condition is observed at least once, and once more at the end of the time. Its errors are not caught.
    Raises NotWithin, with the last observation in its text, when `within` seconds passed.
    """
    end = clock() + within
    while True:
        observation = condition()
        if observation.holds:
            return observation
        left = end - clock()
        if left <= 0:
            raise NotWithin(f"did not hold within {within:g} s", why=f"last seen: {observation.seen}")
        sleep(min(every, left))
