"""Where nobody can read what a command says, the command is none the worse."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pipeline.cli.output import losable

if TYPE_CHECKING:
    import pytest


def test_a_command_that_was_started_without_stdout_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with losable("the table"):
        pass
