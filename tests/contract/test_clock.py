"""What every clock promises: the one that stands still, and the machine's."""

import pytest

from pipeline.adapters.clock_system import SystemClock
from pipeline.ports import Clock
from pipeline.testing import StoppedClock


@pytest.mark.parametrize("clock", [StoppedClock(), SystemClock()], ids=["stopped", "system"])
def test_who_sleeps_finds_that_much_time_gone(clock: Clock) -> None:
    before = clock.now()
    clock.sleep(0.01)
    assert clock.now() - before >= 0.0099  # a float since 1970 is that exact
