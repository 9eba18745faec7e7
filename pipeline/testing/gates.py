"""Gates that say what a test wants them to say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pipeline.core.judgement import PROTOCOL, SuiteRun
from pipeline.testing.trap import Trap

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.core.plan import Roster
    from pipeline.ports import Context, Target


class FakeGates:
    """The Gates port with answers: an outcome of a check, or "crash".

    They are looked up as "GATE of RELEASE", "GATE in STAGE", "GATE". Without one everything passes.
    """

    def __init__(self, answers: dict[str, str] | None = None, trap: Trap | None = None) -> None:
        self.answers = answers if answers is not None else {}
        self.runs: list[str] = []
        self._trap = trap or Trap()

    def run(self, context: Context, gate: str, target: Target, roster: Roster, into: Path) -> SuiteRun:  # noqa: ARG002 - the port's signature
        """A report as the answers say."""
        self._trap.pass_(f"before gate {gate}")
        self.runs.append(f"{gate} in {context.stage} of {context.release}")
        keys = (f"{gate} of {context.release}", f"{gate} in {context.stage}", gate)
        outcome = next((self.answers[key] for key in keys if key in self.answers), "passed")
        self._trap.pass_(f"after gate {gate}")
        if outcome == "crash":
            return SuiteRun(None, "the suite was killed by signal 9")
        checks = [
            {
                "component": entry.component,
                "host": entry.host,
                "check": entry.check,
                "outcome": outcome,
                "test": f"suites/{gate}/test_{entry.check}.py::test_it",
                "seen": f"the thing was {outcome}",
                "seconds": 0.1,
            }
            for entry in roster.entries
        ]
        report = {"protocol": PROTOCOL, "gate": gate, "complete": True, "checks": checks}
        return SuiteRun(json.dumps(report))
