"""Waiting for a condition, with a bound."""

import time
from collections.abc import Callable

from suites.errors import NotWithin
from suites.hosts.observation import Observation


def until(  # noqa: PLR0913 - all but the condition are keywords, most with defaults
    condition: Callable[[], Observation],
    *,
    within: float,
    every: float = 0.1,
    lasting: float = 0.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Observation:
    """Observe every `every` seconds until it holds, and return the observation that did.

    It must hold in every look of the last `lasting` seconds: what changes hands may look well for a moment.
    The condition is observed at least once, and once more at the end of the time. Its errors are not caught.
    Raises NotWithin, with the last observation in its text, when `within` seconds passed.
    """
    end = clock() + within
    since: float | None = None
    while True:
        observation = condition()
        now = clock()
        since = (now if since is None else since) if observation.holds else None
        if since is not None and now - since >= lasting:
            return observation
        left = end - now
        if left <= 0:
            long = f" for {lasting:g} s" if lasting else ""
            raise NotWithin(f"did not hold{long} within {within:g} s", why=f"last seen: {observation.seen}")
        sleep(min(every, left))
