"""A release whose programs are a few lines of Python, and what the engine asks of them."""

import shutil
import sys
import textwrap
from pathlib import Path

from pipeline.adapters.children import Children
from pipeline.adapters.homes import Home
from pipeline.adapters.serving import Servings
from pipeline.adapters.stages_process import StagesProcess
from pipeline.adapters.suites_process import SuitesProcess
from pipeline.core.plan import Roster, RosterEntry, Step, Undo
from pipeline.ports import Context
from pipeline.testing import Quiet

CONTEXT = Context("staging", "abc", artifacts={"image": "sha256:1"}, token=12, promotion="p7")


STEP = Step("thing", "host", "database-1", "make it", (), Undo(possible=False, why="no way"), {"value": "1"})


ROSTER = Roster((RosterEntry("galera", "database-1", "healthy"),), 30, "d1")


# What every release understands: a child for each call.
ONCE = """
import json, os, sys
if sys.argv[1:] == ["serve"]:
    sys.exit("usage: python -m stages {check,plan}")
request, verb = json.load(sys.stdin), sys.argv[1]
"""
# What newer ones do: one child for all calls. This one takes them one after the other.
SERVING = """
import builtins, json, os, sys
assert sys.argv[1:] == ["serve"]
builtins.print(json.dumps({"event": "serving", "protocol": 1}), flush=True)
def print(text, **_):
    try:
        text = json.dumps({**json.loads(text), "id": number})
    except (TypeError, ValueError):
        pass
    builtins.print(text, flush=True)
for line in sys.stdin:
    request = json.loads(line)
    verb, number = request.pop("verb"), request.pop("id")
"""


def answer(**result: object) -> str:
    """A program that answers one call with this result."""
    return f"print(json.dumps({{'event': 'result', 'protocol': 1, **{result!r}}}))\n"


class Release:
    """A release's code folder whose programs are made of these lines of Python.

    `serving` is whether its stages serve many calls, or one.
    """

    def __init__(self, tmp_path: Path, *, serving: bool = False) -> None:
        self.serving = serving
        self.site = tmp_path / "site"
        self.code = tmp_path / "code"
        self.children = Children()
        self.servings = Servings(self.children)
        self.told = Quiet()
        self.home = Home(self.code, tmp_path / "config", sys.executable)

    def program(self, package: str, text: str) -> None:
        (self.code / package).mkdir(parents=True, exist_ok=True)
        (self.code / package / "__init__.py").touch()
        (self.code / package / "__main__.py").write_text(textwrap.dedent(text))
        # Another text of the same second and length would be taken for the one that was compiled.
        shutil.rmtree(self.code / package / "__pycache__", ignore_errors=True)

    def stages(self, text: str) -> StagesProcess:
        lines = textwrap.dedent(text)
        self.program("stages", SERVING + textwrap.indent(lines, "    ") if self.serving else ONCE + lines)
        self.servings.close()  # what serves another text
        self.servings = Servings(self.children)
        return StagesProcess(self.site, lambda _release: self.home, self.servings, self.told)

    def close(self) -> None:
        self.servings.close()
        self.children.close()

    def suites(self, text: str) -> SuitesProcess:
        start = "import json, os, pathlib, sys, time\n"
        start += "into = pathlib.Path(sys.argv[sys.argv.index('--into') + 1])\n"
        self.program("suites", start + textwrap.dedent(text))
        return SuitesProcess(self.site, lambda _release: self.home, self.children, self.told)
