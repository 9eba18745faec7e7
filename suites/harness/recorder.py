"""The pytest plugin that turns a session into checks."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import pytest

from suites.errors import NotMeasured
from suites.harness.collection import entry_of
from suites.harness.fixtures import FAULTS, PROGRESS, REPORT_EARLY, RETAKES, SEEN, Inconclusive, Progress
from suites.harness.layout import ONCE, component_of
from suites.seam.report import Check, Outcome, one_line

WHOLE_ENDS = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
# What ends a check without a word about the stage.
UNCLEAR = (Inconclusive, NotMeasured)
WORST_FIRST = (Outcome.ERROR, Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.SKIPPED, Outcome.PASSED)


@dataclass(slots=True)
class _Phase:
    outcome: Outcome
    seen: str
    seconds: float


@dataclass(slots=True, weakref_slot=True, eq=False)
class Recorder:
    """Collects every check that ended, and knows at the end whether the session completed.

    `on_check` is called with each check as it ends, or as soon as its outcome is known (the fixture
    `report_early`); `on_progress` is called by long checks (the fixture `progress`).
    """

    on_check: Callable[[Check], None]
    on_progress: Progress
    checks: list[Check] = field(default_factory=list)
    whole: bool = False
    _early: dict[str, Check] = field(default_factory=dict)
    _phases: dict[str, list[_Phase]] = field(default_factory=dict)
    _items: dict[str, pytest.Item] = field(default_factory=dict)

    def pytest_configure(self, config: pytest.Config) -> None:
        """Let checks report their progress, and the outcomes of other checks early."""
        config.stash[PROGRESS] = self.on_progress
        config.stash[REPORT_EARLY] = self.report_early

    @property
    def known(self) -> tuple[Check, ...]:
        """The checks that ended, and those reported early."""
        ended = {check.test for check in self.checks}
        return (*self.checks, *(check for test, check in self._early.items() if test not in ended))

    def report_early(self, item: pytest.Item, outcome: Outcome, seen: str) -> None:
        """Record a check's outcome before it runs; the check's own outcome replaces it later."""
        entry = entry_of(item)
        check = Check(entry.component, entry.host, entry.check, outcome, item.nodeid, one_line(seen), 0.0)
        self._early[item.nodeid] = check
        self.on_check(check)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[Any]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Record how a phase of a check ended."""
        report = yield
        if call.excinfo is not None and isinstance(call.excinfo.value, UNCLEAR):
            # Its reason alone, as for a failed check: a traceback in output.log would look like a defect.
            report.longrepr = str(call.excinfo.value)
        self._items[item.nodeid] = item
        phase = _Phase(_outcome(report, call), _said(report, call), report.duration)
        self._phases.setdefault(item.nodeid, []).append(phase)
        return report

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Combine the phases of a check."""
        phases = self._phases.pop(nodeid, [])
        item = self._items.pop(nodeid, None)
        if item is None:
            return
        worst = min(phases, key=lambda phase: WORST_FIRST.index(phase.outcome))
        said = [phase.seen for phase in phases if phase.outcome is worst.outcome and phase.seen]
        notes, retakes = item.stash.get(SEEN, []), item.stash.get(RETAKES, [])
        faults = item.stash.get(FAULTS, [])
        entry = entry_of(item)
        self._end(
            Check(
                component=entry.component,
                host=entry.host,
                check=entry.check,
                outcome=worst.outcome,
                test=nodeid,
                seen=one_line("; ".join([*said, *notes])),
                seconds=sum(phase.seconds for phase in phases),
                retakes=tuple(retakes),
                faults=tuple(faults),
            )
        )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record a collection error as a check, so that the gate fails and says why."""
        if not report.failed:
            return
        parts = report.nodeid.split("::")[0].split("/")
        component = component_of(parts[parts.index("components") + 1]) if "components" in parts[:-1] else ONCE
        self._end(
            Check(
                component=component,
                host=ONCE,
                check="collection",
                outcome=Outcome.ERROR,
                test=report.nodeid,
                seen=one_line(_why(report.longreprtext)),
                seconds=0.0,
            )
        )

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Record whether the session completed: pytest finished, and every selected check has an outcome."""
        recorded = {check.test for check in self.checks}
        self.whole = exitstatus in WHOLE_ENDS and all(item.nodeid in recorded for item in session.items)

    def _end(self, check: Check) -> None:
        self.checks.append(check)
        early = self._early.get(check.test)
        if early is None or early.outcome is not check.outcome:
            self.on_check(check)


def _outcome(report: pytest.TestReport, call: pytest.CallInfo[Any]) -> Outcome:
    if call.excinfo is not None and isinstance(call.excinfo.value, UNCLEAR):
        return Outcome.INCONCLUSIVE
    # An expected failure proves nothing, and an unexpected pass contradicts the check's own mark.
    if report.skipped or hasattr(report, "wasxfail"):
        return Outcome.SKIPPED
    if report.passed:
        return Outcome.PASSED
    return Outcome.FAILED if report.when == "call" else Outcome.ERROR


def _said(report: pytest.TestReport, call: pytest.CallInfo[Any]) -> str:
    if report.passed or call.excinfo is None:
        return ""
    error = call.excinfo.value
    text = str(error)
    if isinstance(error, AssertionError):
        return text.splitlines()[0] if text else "an assertion without a message failed"
    if isinstance(error, (*UNCLEAR, pytest.fail.Exception, pytest.skip.Exception)):
        return text
    return f"{type(error).__name__}: {text}"


def _why(text: str) -> str:
    # In pytest's tracebacks, lines with E show what was raised; any other text is returned as it is.
    raised = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    return raised[-1] if raised else text or "it could not be collected"
