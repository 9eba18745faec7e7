"""What a signal does to a command before its run, in it, and when it is over."""

from __future__ import annotations

import os
import signal

import pytest

from pipeline.adapters.children import Children
from pipeline.adapters.signals import SignalInterrupts
from pipeline.core.errors import RunInterrupted


def test_a_signal_before_anything_was_begun_ends_the_command() -> None:
    interrupts = SignalInterrupts(Children(), lambda _: None)
    with interrupts.installed(), pytest.raises(RunInterrupted, match="before anything was begun"):
        os.kill(os.getpid(), signal.SIGTERM)


def test_a_signal_after_the_run_takes_nothing_from_its_evidence_and_its_table() -> None:
    told: list[str] = []
    interrupts = SignalInterrupts(Children(), told.append)
    with interrupts.installed():
        with interrupts.driving():
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGHUP)
    assert interrupts.requested() == signal.SIGTERM
    assert told == ["SIGTERM: finishing the steps that run; send it again to kill them"]
