"""Turns a suite's report into evidence: judged against the roster, never from an exit status."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.core.causes import causes_first
from pipeline.core.codec import revive
from pipeline.core.plan import Roster, RosterEntry
from pipeline.core.reliance import Reliance
from pipeline.core.verdict import Evidence, Finding, Retake, Verdict, worst

PROTOCOL = 1
_OUTCOMES = ("passed", "failed", "inconclusive", "skipped", "error")
_PARTIAL = "the report is partial: the suite did not finish"


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """How a suite ended: its report as text (None when there is none) and, if it did not finish, why.

    The report of a suite that did not finish is partial: it holds the checks that had ended.
    """

    report: str | None
    broke: str | None = None


@dataclass(frozen=True, slots=True)
class _Check:
    entry: RosterEntry
    outcome: str
    test: str
    seen: str
    retakes: tuple[Retake, ...] = ()


def judge(gate: str, roster: Roster, run: SuiteRun) -> Evidence:
    """The evidence of one run.

    FAIL when any check failed or had an error, whether or not the roster asks for it and the suite finished.
    Else INCONCLUSIVE when a check was inconclusive, the suite did not finish, the report is missing,
    unreadable or partial, the roster is empty, or an entry was not run or was skipped. PASS when every roster
    entry passed and nothing failed. Counts the entries that passed and names those that did not run.
    """
    checks, reliance, complaints = _read(gate, run.report)
    if run.broke is not None:  # implies that the report is partial
        complaints = (run.broke, *(complaint for complaint in complaints if complaint != _PARTIAL))
    findings = [_inconclusive(gate, complaint) for complaint in complaints]
    if not roster.entries:
        findings.append(_inconclusive(gate, "the roster is empty, so nothing would have been proved"))
    findings += [_found(check, Verdict.FAIL) for check in checks if check.outcome in ("failed", "error")]
    findings += [_found(check, Verdict.INCONCLUSIVE) for check in checks if check.outcome == "inconclusive"]
    findings += _unproved(roster, checks)
    passed = {check.entry for check in checks if check.outcome == "passed"}
    verdict = worst(finding.verdict for finding in findings) if findings else Verdict.PASS
    wanted = len(set(roster.entries))
    retakes = tuple(retake for check in checks for retake in check.retakes)
    evidence = Evidence(verdict, tuple(findings), len(passed.intersection(roster.entries)), wanted, retakes)
    return causes_first(replace(evidence, reliance=reliance))


def unjudged(gate: str, why: str) -> Evidence:
    """The evidence of a gate that could not start."""
    return Evidence(Verdict.INCONCLUSIVE, (_inconclusive(gate, why),), 0, 0)


def completed(evidence: Evidence, roster: Roster, reused: Mapping[str, str]) -> Evidence:
    """The evidence on the whole roster, given that on its other checks and the attempts that ran these."""
    if not reused:
        return evidence
    counts = reused_counts(roster, reused)
    passed, wanted = evidence.passed + sum(counts.values()), len(set(roster.entries))
    return replace(evidence, passed=passed, wanted=wanted, reused=counts)


def reused_counts(roster: Roster, reused: Mapping[str, str]) -> dict[str, int]:
    """How many entries of the roster were run by which attempt, given that attempt for each reused check."""
    sources = [reused[entry.name] for entry in set(roster.entries) if entry.name in reused]
    return {attempt: sources.count(attempt) for attempt in sorted(set(sources))}


def _unproved(roster: Roster, checks: tuple[_Check, ...]) -> list[Finding]:
    run = {check.entry for check in checks}
    skipped = {check.entry: check for check in checks if check.outcome == "skipped"}
    found = []
    for entry in dict.fromkeys(roster.entries):
        if entry not in run:
            found.append(_missing(entry, "the roster asks for this check, and it was not run"))
        elif entry in skipped:
            why = f": {skipped[entry].seen}" if skipped[entry].seen else ""
            missing = _missing(entry, f"skipped, which proves nothing{why}")
            found.append(replace(missing, test=skipped[entry].test))
    return found


def _read(gate: str, text: str | None) -> tuple[tuple[_Check, ...], Reliance, tuple[str, ...]]:
    """The readable checks, what they rest on, and the reasons why the report cannot be trusted."""
    report, why = _parsed(text)
    if why:
        return (), Reliance(), (why,)
    rows = report["checks"]
    read = [_check(row) for row in rows]
    checks = tuple(check for check in read if check is not None)
    complaints = tuple(_complaints(gate, report, len(rows), len(checks)))
    return checks, _reliance(report.get("reliance", {})), complaints


def _reliance(told: object) -> Reliance:
    """What the checks rest on; nothing if the report doesn't say it, as in older releases, or not readably.

    It explains findings, and makes none: so it is no reason to distrust what passed.
    """
    try:
        found: Reliance = revive(Reliance, told)
    except (TypeError, ValueError):
        return Reliance()
    return found


def _parsed(text: str | None) -> tuple[Mapping[str, Any], str]:
    """The report, with a list of checks; or why it can't be read."""
    if text is None:
        return {}, "the suite wrote no report"
    try:
        report = json.loads(text)
    except ValueError:
        return {}, "the report is truncated or not JSON"
    if not isinstance(report, Mapping):
        return {}, "the report is not a JSON object"
    if not isinstance(report.get("checks"), list):
        return {}, "the report has no list of checks"
    return report, ""


def _complaints(gate: str, report: Mapping[str, object], rows: int, readable: int) -> Iterator[str]:
    if report.get("protocol") != PROTOCOL:
        yield f"the report speaks protocol {report.get('protocol')!r}, not {PROTOCOL}"
    if report.get("gate") != gate:
        yield f"the report is of gate {report.get('gate')!r}, not {gate!r}"
    complete = report.get("complete") is True
    if not complete:
        yield _PARTIAL
    if rows == 0 and complete:
        yield "the suite collected nothing"
    if readable < rows:
        yield f"{rows - readable} checks in the report are malformed"


def _check(row: object) -> _Check | None:
    if not isinstance(row, Mapping):
        return None
    component, host, check, outcome = (row.get(key) for key in ("component", "host", "check", "outcome"))
    if not (isinstance(component, str) and isinstance(host, str) and isinstance(check, str)):
        return None
    if not isinstance(outcome, str) or outcome not in _OUTCOMES:
        return None
    entry = RosterEntry(component, host, check)
    test, seen = (str(row.get(key) or "") for key in ("test", "seen"))
    return _Check(entry, outcome, test, seen, _retakes(entry, row.get("retakes")))


def _retakes(entry: RosterEntry, rows: object) -> tuple[Retake, ...]:
    """The retakes of a check; none in reports of older releases, which have no such key."""
    if not isinstance(rows, list):
        return ()
    told = [
        [str(row.get(key) or "") for key in ("why", "evidence")] for row in rows if isinstance(row, Mapping)
    ]
    return tuple(Retake(entry.component, entry.host, entry.check, why, where) for why, where in told)


def _found(check: _Check, verdict: Verdict) -> Finding:
    entry = check.entry
    seen = check.seen or check.outcome
    return Finding(verdict, entry.component, entry.host, entry.check, seen, check.test)


def _missing(entry: RosterEntry, why: str) -> Finding:
    return Finding(Verdict.INCONCLUSIVE, entry.component, entry.host, entry.check, why)


def _inconclusive(gate: str, why: str) -> Finding:
    return Finding(Verdict.INCONCLUSIVE, "", "-", gate, why)
