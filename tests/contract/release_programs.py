"""A release whose programs are a few lines of Python, and what the engine asks of them."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING

from pipeline.adapters.children import Children
from pipeline.adapters.homes import Home
from pipeline.adapters.stages_process import StagesProcess
from pipeline.adapters.suites_process import SuitesProcess
from pipeline.core.plan import Roster, RosterEntry, Step, Undo
from pipeline.ports import Context
from pipeline.testing import Quiet

if TYPE_CHECKING:
    from pathlib import Path


CONTEXT = Context("staging", "abc", artifacts={"image": "sha256:1"}, token=12, promotion="p7")


STEP = Step("thing", "host", "database-1", "make it", (), Undo(possible=False, why="no way"), {"value": "1"})


ROSTER = Roster((RosterEntry("galera", "database-1", "healthy"),), 30, "d1")


class Release:
    """A release's code folder whose programs are made of these lines of Python."""

    def __init__(self, tmp_path: Path) -> None:
        self.site = tmp_path / "site"
        self.code = tmp_path / "code"
        self.children = Children()
        self.told = Quiet()
        self.home = Home(self.code, tmp_path / "config", sys.executable)

    def program(self, package: str, text: str) -> None:
        (self.code / package).mkdir(parents=True, exist_ok=True)
        (self.code / package / "__init__.py").touch()
        (self.code / package / "__main__.py").write_text(textwrap.dedent(text))

    def stages(self, text: str) -> StagesProcess:
        self.program(
            "stages", "import json, os, sys\nrequest = json.load(sys.stdin)\n" + textwrap.dedent(text)
        )
        return StagesProcess(self.site, lambda _release: self.home, self.children, self.told)

    def suites(self, text: str) -> SuitesProcess:
        start = "import json, os, pathlib, sys, time\n"
        start += "into = pathlib.Path(sys.argv[sys.argv.index('--into') + 1])\n"
        self.program("suites", start + textwrap.dedent(text))
        return SuitesProcess(lambda _release: self.home, self.children, self.told)
