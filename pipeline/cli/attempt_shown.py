"""What `promote show` tells of an attempt, as a value: its work, legs, verdicts and diagnostics."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.cli.earlier_legs import expected
from pipeline.cli.judgements import Judgement, judgements
from pipeline.cli.leg_results import LegResult, leg_results, results_data
from pipeline.cli.render import attempt_data
from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.history import History
from pipeline.core.timeline import Bar, bars, critical_path
from pipeline.workshop import Office


@dataclass(frozen=True, slots=True)
class AttemptShown:
    """One attempt as of one state of the site. `document` is what `-o json` prints of it."""

    work: Sequence[Bar]
    legs: Sequence[LegResult]
    verdicts: Sequence[Judgement]
    collected: Sequence[str]
    document: Mapping[str, Any]


def attempt_shown(
    office: Office,
    history: History,
    found: Attempt,
    told: Callable[[History, Attempt, Path], Mapping[str, object]] = attempt_data,
) -> AttemptShown:
    """Read the events of an attempt, and its reports. `told` makes the document of the attempt itself."""
    before, site = found.first_event - 1, office.site
    most = found.last_event - before if found.last_event else None
    records = office.ledger.read(after=before, most=most)
    known = expected(office, history, found.plan, (found.stage, found.kind), before=found.id)
    work, legs = bars(found.plan.steps, records, found.id), leg_results(found, records, known)
    verdicts = judgements(records, found, site)
    collected = [
        str(site / record.event.directory)
        for record in records
        if isinstance(record.event, ev.DiagnosticsCollected) and record.event.attempt == found.id
    ]
    document: Mapping[str, Any] = {
        "attempt": told(history, found, site),
        "legs": results_data(legs),
        "judgements": [one.data() for one in verdicts],
        "timeline": [_bar(one) for one in work],
        "critical_path": [bar.name for bar in critical_path(work)],
        "diagnostics": collected,
    }
    return AttemptShown(work, legs, verdicts, collected, document)


def _bar(bar: Bar) -> dict[str, object]:
    return {
        "name": bar.name,
        "title": bar.title,
        "seconds": bar.seconds,
        "starts": bar.starts,
        "measured": bar.measured,
        "told": bar.told,
    }
