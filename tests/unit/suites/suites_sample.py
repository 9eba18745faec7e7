"""A tiny suites folder to run a gate of, and a host that answers as it is told."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from programs import ended

from suites.hosts.host import Output, stdout_of
from suites.seam.target import Target

REPOSITORY = Path(__file__).resolve().parents[3]
Recorded = Callable[[str], str]
Read = Callable[[object], Target]
# As `python -m suites gate` runs a gate, on the sample's own suites.
DRIVER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from suites.harness.gate_run import GateRun, run_gate
from suites.seam.roster import read_roster
gate, code = sys.argv[1], Path(sys.argv[2])
asked = read_roster(code / "roster.json")
run = GateRun(
    gate, code / "sample", code / "target.json", asked.entries, code / "into", asked.lease, asked.partial
)
sys.exit(0 if run_gate(run, lambda: datetime.now(UTC)) else 1)
"""
PROMISED = {"component": "left", "host": "-", "check": "promised"}
COMPONENT = """
from suites.harness.component import Component
from suites.hosts.reading import Observation
WELL = Observation(True, "well")
UNITS = ("{name}.service",)
COMPONENT = Component(name="{name}", healthy=lambda host: (), units=UNITS, of_use=lambda use: WELL)
"""

SILENT = Output(0, "", "")


@dataclass(frozen=True, slots=True)
class FakeHost:
    """A host that answers every script alike."""

    name: str = "database-1"
    address: str = "10.71.3.33"
    output: Output = SILENT

    def ask(self, script: str, *, within: int = 20) -> Output:
        del script, within
        return self.output

    def read(self, script: str, *, within: int = 20) -> str:
        return self.ask(script, within=within).stdout


@dataclass(frozen=True, slots=True)
class Ran:
    """How the gate of a sample ended: its exit status, its output, its directory of evidence."""

    status: int
    lines: tuple[Mapping[str, str], ...]
    stderr: str
    into: Path

    @property
    def report(self) -> dict[str, Any]:
        return json.loads((self.into / "report.json").read_text())

    @property
    def outcomes(self) -> dict[str, str]:
        return {f"{c['component']}/{c['host']}/{c['check']}": c["outcome"] for c in self.report["checks"]}

    @property
    def seen(self) -> dict[str, str]:
        return {c["check"]: c["seen"] for c in self.report["checks"]}


@dataclass(frozen=True, slots=True)
class Sample:
    """A tiny suites folder of its own, with components `left` (two hosts) and `right` (one)."""

    code: Path

    def write(self, path: str, text: str) -> None:
        file = self.code / "sample" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(text)

    def gate(self, name: str = "smoke", **roster: object) -> Ran:
        """Run a gate; its roster asks for a check that there is not, or for others."""
        (self.code / "roster.json").write_text(json.dumps({"roster": [PROMISED], **roster}))
        done = self._ended(sys.executable, "-c", DRIVER, name, str(self.code))
        lines = tuple(json.loads(line) for line in done.stdout.splitlines())
        return Ran(done.returncode, lines, done.stderr, self.code / "into")

    def run(self, *argv: str) -> Ran:
        done = self._ended(*argv)
        return Ran(done.returncode, (), done.stderr + done.stdout, self.code / "into")

    def _ended(self, *argv: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.run(
            argv,
            env=environment,
            cwd=self.code,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            start_new_session=True,  # as the engine does; a gate raises the priority of its session
        )


Answering = Callable[[int, str], FakeHost]


@dataclass(frozen=True, slots=True)
class ThisMachine:
    """A host that is this machine, and counts what it is asked."""

    name: str = "database-1"
    address: str = "10.71.3.33"
    asked: list[str] = field(default_factory=list)

    def ask(self, script: str, *, within: int = 20) -> Output:
        self.asked.append(script)
        done = ended("timeout", str(within), "sh", "-c", script)
        return Output(done.returncode, done.stdout, done.stderr)

    def read(self, script: str, *, within: int = 20) -> str:
        return stdout_of(self.ask(script, within=within), where=self.name)
