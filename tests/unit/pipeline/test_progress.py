"""What is told while it happens."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pipeline.cli import progress
from pipeline.cli.progress import ConsoleNotifier

if TYPE_CHECKING:
    import pytest


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
