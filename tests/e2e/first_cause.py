"""Whether smoke sees the defects of a stage, and names the cause of each before all that it caused."""

import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from checkout import Checkout
from gate_by_hand import smoke
from seeding import Defect, judge, seeded

from pipeline.core.causes import causes_of, grouped
from pipeline.core.judgement import SuiteRun
from pipeline.core.judgement import judge as judged
from pipeline.core.plan import Roster, RosterEntry
from pipeline.core.verdict import Evidence, Finding


@dataclass(frozen=True, slots=True)
class Seen:
    """What a row of defects cost, in seconds: each until it was there, in the row's order; and the gate."""

    there_after: tuple[float, ...]
    gate: float


def smoke_sees(defects: Sequence[Defect], checkout: Checkout, stage: str, folder: Path) -> Seen:
    """Run the smoke gate into a folder while a stage has all these defects, and judge what it says."""
    there = []
    with ExitStack() as standing:
        for defect in defects:
            began = time.monotonic()
            standing.enter_context(seeded(checkout, stage, defect))
            there.append(time.monotonic() - began)
        began = time.monotonic()
        checks = smoke(checkout.target_path(stage), folder)
        gate = time.monotonic() - began
        judge(defects, checks)
        problems = cause_missed(defects, evidence((folder / "into" / "report.json").read_text()))
        assert not problems, "\n".join(problems)
    return Seen(tuple(there), gate)


def evidence(report: str) -> Evidence:
    """What promote makes of the report of the smoke gate, as if its roster were all that was not skipped."""
    rows = [row for row in json.loads(report)["checks"] if row["outcome"] != "skipped"]
    entries = (RosterEntry(row["component"], row["host"], row["check"]) for row in rows)
    return judged("smoke", Roster(tuple(entries), 0, ""), SuiteRun(report))


def cause_missed(defects: Sequence[Defect], seen: Evidence) -> list[str]:
    """Say of which defects the cause does not come first; and whether anything else comes before them all.

    Of several defects in one stage each is judged by its own findings: one may lie beneath another.
    """
    problems = []
    for defect in defects:
        others = [other for other in defects if other is not defect]
        findings = [one for one in seen.findings if is_of(defect, one, others)]
        first = next(iter(grouped(findings, seen.reliance)), None)
        if first is None or not defect.may_come_first(named(first.finding)):
            told = "nothing" if first is None else f"{named(first.finding)}: {first.finding.seen}"
            problems.append(f"{defect.name}: the first cause is {told}, and not {defect.first}")
    before = next(iter(causes_of(seen)), None)
    if before is None or not any(_is_told_by(defect, named(before.finding)) for defect in defects):
        problems.append(f"before all defects comes {before}")
    return problems


def _is_told_by(defect: Defect, check: str) -> bool:
    return check in defect.checks or defect.may_come_first(check)


def is_of(defect: Defect, finding: Finding, others: Sequence[Defect]) -> bool:
    """Whether a finding may be due to a defect, and not to another one that it has the words of."""
    check, said = named(finding), f"{finding.host}: {finding.seen}"
    if defect.is_seen(check, said):
        return True
    return defect.may_redden(check) and not any(other.is_seen(check, said) for other in others)


def named(finding: Finding) -> str:
    """A finding's component and check."""
    return f"{finding.component}/{finding.check}"
