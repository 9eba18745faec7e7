"""What each verdict of an attempt rests on, by the ledger, and whether its report is still the same."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.line import checks_of


@dataclass(frozen=True, slots=True)
class Judgement:
    """A gate that was judged, and its report on disk; `intact` is None if there is none to compare."""

    event: ev.GateJudged
    report: Path
    intact: bool | None

    def data(self) -> dict[str, object]:
        """As JSON data: each check with the digest of its inputs, and the attempt that ran it."""
        event = self.event
        checks = checks_of(event.roster) if event.roster else ()
        return {
            "gate": event.gate,
            "leg": event.leg or None,
            "report": event.report or None,
            "intact": self.intact,
            "checks": [
                {
                    "check": check,
                    "inputs": event.inputs.get(check),
                    "ran_in": event.reused.get(check, event.attempt),
                }
                for check in checks
            ],
        }


def judgements(records: Iterable[ev.Record], attempt: Attempt, site: Path) -> tuple[Judgement, ...]:
    """The verdicts of this attempt, in order. Reads its reports."""
    found = []
    for record in records:
        event = record.event
        if isinstance(event, ev.GateJudged) and event.attempt == attempt.id:
            report = site / attempt.directories.get(event.full_name, "") / "report.json"
            found.append(Judgement(event, report, _intact(event, report)))
    return tuple(found)


def complaints(found: Sequence[Judgement]) -> tuple[str, ...]:
    """A line for each report that was changed after the verdict."""
    return tuple(
        f"gate {one.event.full_name}: {one.report} is not the report that was judged "
        f"(sha256 {one.event.report})"
        for one in found
        if one.intact is False
    )


def _intact(event: ev.GateJudged, report: Path) -> bool | None:
    if not event.report:
        return None
    try:
        return hashlib.sha256(report.read_bytes()).hexdigest() == event.report
    except FileNotFoundError:  # evidence may be pruned
        return None
