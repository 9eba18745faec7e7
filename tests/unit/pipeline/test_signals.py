"""What a command says while it runs: to nobody, while a signal arrives, and before and after its run."""

import os
import signal
import sys
import threading

import pytest

from pipeline.adapters.children import Children
from pipeline.adapters.signals import SignalInterrupts
from pipeline.cli import progress
from pipeline.cli.output import losable
from pipeline.cli.progress import ConsoleNotifier
from pipeline.core.errors import RunInterrupted


def test_a_command_that_was_started_without_stdout_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with losable("the table"):
        pass


def test_a_signal_that_arrives_while_a_line_is_written_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    notifier = ConsoleNotifier(lambda: 0.0)

    def write(text: str, **_how: object) -> None:
        said.append(text.split("s ", 1)[1].strip())
        if len(said) == 1:
            notifier.progress("SIGTERM")  # as a handler does, in the very thread that writes

    monkeypatch.setattr(progress.click, "echo", write)
    speaker = threading.Thread(target=notifier.progress, args=("hello",), daemon=True)
    speaker.start()
    speaker.join(10)

    assert said == ["hello", "SIGTERM"]
    assert not speaker.is_alive()


def test_a_signal_before_anything_was_begun_ends_the_command() -> None:
    interrupts = SignalInterrupts(Children().kill_all, lambda _: None)
    with interrupts.installed(), pytest.raises(RunInterrupted, match="before anything was begun"):
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.usefixtures("own_signals")
def test_a_signal_after_the_run_takes_nothing_from_its_evidence_and_its_table() -> None:
    told: list[str] = []
    interrupts = SignalInterrupts(Children().kill_all, told.append)
    with interrupts.installed():
        with interrupts.driving():
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
    assert interrupts.requested() == signal.SIGTERM
    assert not interrupts.killed()
    assert told == ["SIGTERM: the run is over; its result is being written"] * 2


@pytest.mark.usefixtures("own_signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_are_ignored_from_the_end_of_a_run_to_the_end_of_the_process(number: signal.Signals) -> None:
    interrupts = SignalInterrupts(Children().kill_all, lambda _: None)
    with interrupts.installed(), interrupts.driving():
        pass
    assert signal.getsignal(number) is signal.SIG_IGN


def test_a_command_without_a_run_gives_the_signals_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with SignalInterrupts(Children().kill_all, lambda _: None).installed():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
