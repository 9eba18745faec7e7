from collections.abc import Callable

import pytest

from suites.errors import NotWithin
from suites.hosts.reading import Observation, until


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def looks(holds: str) -> Callable[[], Observation]:
    states = iter(holds)
    count = iter(range(100))
    return lambda: Observation(next(states) == "y", f"look {next(count)}")


@pytest.mark.parametrize(
    ("states", "how", "seen", "slept"),
    [
        ("y", {"within": 1}, "look 0", 0.0),
        ("nny", {"within": 1, "every": 0.4}, "look 2", 0.8),
        ("yynyyyy", {"within": 9, "every": 0.5, "lasting": 1}, "look 5", 2.5),
    ],
    ids=["what holds at once", "the observation that held", "what must last, anew when it broke"],
)
def test_the_observation_that_holds_is_returned(
    states: str, how: dict[str, float], seen: str, slept: float
) -> None:
    time = Time()
    assert until(looks(states), **how, clock=time.clock, sleep=time.sleep).seen == seen
    assert time.now == pytest.approx(slept)


@pytest.mark.parametrize(
    ("states", "how", "said"),
    [
        ("nnnyy", {"within": 2, "every": 0.5, "lasting": 1}, "for 1 s"),
        ("n" * 9, {"within": 1, "every": 0.4}, "did not hold within 1 s: last seen: look 3"),
    ],
    ids=["what held too late to last", "the last look is at the end of the time"],
)
def test_what_did_not_hold_in_time_is_told(states: str, how: dict[str, float], said: str) -> None:
    time = Time()
    with pytest.raises(NotWithin, match=said):
        until(looks(states), **how, clock=time.clock, sleep=time.sleep)
    assert time.now == pytest.approx(how["within"])


def test_an_error_of_the_condition_is_not_swallowed() -> None:
    def broken() -> Observation:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        until(broken, within=1)
