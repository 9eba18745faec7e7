"""What interrupts promise: the fake that other tests stand on, and this process's signals."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from pipeline.adapters.children import Children
from pipeline.adapters.signals import SignalInterrupts
from pipeline.ports import Interrupts
from pipeline.testing import Quiet

pytestmark = pytest.mark.usefixtures("own_signals")


@dataclass(frozen=True)
class Asked:
    """Interrupts, and how somebody sends them SIGTERM."""

    interrupts: Interrupts
    send: Callable[[], None]


@pytest.fixture(params=["fake", "signals"])
def asked(request: pytest.FixtureRequest) -> Iterator[Asked]:
    if request.param == "fake":
        quiet = Quiet()
        yield Asked(quiet, quiet.terminate)
        return
    children = Children()
    interrupts = SignalInterrupts(children.kill_all, lambda _: None)
    with closing(children), interrupts.installed():
        yield Asked(interrupts, lambda: os.kill(os.getpid(), signal.SIGTERM))


def test_nothing_is_asked_at_first_a_signal_asks_and_a_second_one_kills(asked: Asked) -> None:
    with asked.interrupts.driving():
        assert asked.interrupts.requested() is None
        assert not asked.interrupts.killed()
        asked.send()
        assert asked.interrupts.requested() == signal.SIGTERM
        assert not asked.interrupts.killed()
        asked.send()
        assert asked.interrupts.killed()
    assert asked.interrupts.requested() == signal.SIGTERM


def test_who_kills_the_children_himself_finds_them_killed_though_nobody_asked(asked: Asked) -> None:
    asked.interrupts.kill_children()
    assert asked.interrupts.killed()
    assert asked.interrupts.requested() is None
