from collections.abc import Callable

import pytest

from suites.errors import NotWithin
from suites.hosts.reading import Observation, until


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def looks(holds: str) -> Callable[[], Observation]:
    states = iter(holds)
    count = iter(range(100))
    return lambda: Observation(next(states) == "y", f"look {next(count)}")


def test_what_holds_at_once_is_not_waited_for() -> None:
    time = Time()
    assert until(looks("y"), within=1, clock=time.clock, sleep=time.sleep).seen == "look 0"
    assert time.slept == []


def test_the_observation_that_held_is_returned() -> None:
    time = Time()
    assert until(looks("nny"), within=1, every=0.4, clock=time.clock, sleep=time.sleep).seen == "look 2"


def test_what_must_last_is_looked_at_anew_when_it_broke() -> None:
    time = Time()
    seen = until(looks("yynyyyy"), within=9, every=0.5, lasting=1, clock=time.clock, sleep=time.sleep)
    assert (seen.seen, time.now) == ("look 5", 2.5)


def test_what_held_too_late_to_last_did_not_hold() -> None:
    time = Time()
    with pytest.raises(NotWithin, match="for 1 s"):
        until(looks("nnnyy"), within=2, every=0.5, lasting=1, clock=time.clock, sleep=time.sleep)


def test_the_last_look_is_at_the_end_of_the_time_and_is_told() -> None:
    time = Time()
    with pytest.raises(NotWithin, match=r"did not hold within 1 s: last seen: look 3"):
        until(looks("n" * 9), within=1, every=0.4, clock=time.clock, sleep=time.sleep)
    assert time.now == pytest.approx(1)


def test_an_error_of_the_condition_is_not_swallowed() -> None:
    def broken() -> Observation:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        until(broken, within=1)
