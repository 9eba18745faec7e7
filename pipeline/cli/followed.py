"""What is under way in a site, whichever process drives it, as read from ledger and evidence."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.cli.view import View
from pipeline.core import events as ev
from pipeline.core.checked import Checked
from pipeline.core.forecast import last_like
from pipeline.core.history import History, replay
from pipeline.core.leg_times import earlier
from pipeline.core.plan import RosterEntry
from pipeline.workshop import Office

_NEAR, _FAR = 1000, 8000  # events; a promotion of 60 steps writes some 140


@dataclass(frozen=True, slots=True)
class Followed:
    """The state of a site, and by stage the view of each attempt that has not ended."""

    history: History
    views: Mapping[str, View]


def followed(office: Office) -> Followed:
    """The state now."""
    history = office.history()
    return Followed(history, _views(office, history, _opened(history)))


def caught_up(office: Office, before: Followed) -> Followed:
    """The state now, from an earlier one: reads the events since then."""
    new = office.ledger.read(after=before.history.head)
    history = replay(new, before.history)
    opened = _opened(history)
    views: dict[str, View] = {}
    for stage, known in before.views.items():
        name = opened.get(stage)
        if name is not None and known.attempt is not None and known.attempt.id == name:
            since = _since(new, name, known.since)
            views[stage] = replace(known, attempt=history.attempts[name], since=since)
    others = {stage: name for stage, name in opened.items() if stage not in views}
    return Followed(history, {**views, **_views(office, history, others)})


def with_checks(seen: Followed, site: Path) -> Followed:
    """The state with the latest check of each running gate, from the gate's partial report."""
    return replace(seen, views={stage: _checked(view, site) for stage, view in seen.views.items()})


def _checked(view: View, site: Path) -> View:
    running = view.gate()
    due = view.attempt.next_gate() if view.attempt is not None else None
    if view.attempt is None or running is None or due is None:
        return replace(view, check=None)
    return replace(view, check=_latest_check(due, site / view.attempt.directories[running]))


def _opened(history: History) -> dict[str, str]:
    return {stage.name: stage.open for stage in history.stages.values() if stage.open is not None}


def _views(office: Office, history: History, opened: Mapping[str, str]) -> dict[str, View]:
    """The views of these attempts, by stage.

    They need when each step began, and how long the last similar attempt took. Both are near the ledger's
    end, or not worth reading all of it: then there is no estimate of the time to go.
    """
    if not opened:
        return {}
    near = _NEAR
    while True:
        records = office.ledger.read(after=max(0, history.head - near))
        views = {stage: _view(history, records, name) for stage, name in opened.items()}
        if near >= min(_FAR, history.head) or all(view.past is not None for view in views.values()):
            return views
        near = _FAR


def _view(history: History, records: Sequence[ev.Record], name: str) -> View:
    attempt = history.attempts[name]
    past = last_like(records, attempt.stage, attempt.kind)
    legs = earlier(history, records, attempt)
    since = _since(records, name, {})
    return View(attempt, history.releases[attempt.release].alias, since, past=past, past_legs=legs)


def _since(records: Iterable[ev.Record], attempt: str, before: Mapping[str, float]) -> Mapping[str, float]:
    """When each step and gate of the attempt began, and with key "" all steps of its leg."""
    since = dict(before)
    for record in records:
        match record.event:
            case ev.PlanMade(attempt=owner) if owner == attempt:
                since[""] = record.at
            case ev.LegStarted(attempt=owner) if owner == attempt:
                since[""] = record.at
            case ev.StepStarted(attempt=owner, step=name) if owner == attempt:
                since[name] = record.at
            case ev.GateStarted(attempt=owner) as began if owner == attempt:
                since[began.full_name] = record.at
    return since


def _latest_check(gate: str, directory: Path) -> Checked | None:
    """The last check in the report; None before the first, and if the files are not (yet) readable."""
    try:
        checks: list[dict[str, Any]] = json.loads((directory / "report.json").read_bytes())["checks"]
        wanted: list[dict[str, Any]] = json.loads((directory / "roster.json").read_bytes())["roster"]
        ended = [RosterEntry(one["component"], one["host"], one["check"]) for one in checks]
        asked = {RosterEntry(one["component"], one["host"], one["check"]) for one in wanted}
        if not ended:
            return None
        last = checks[-1]
        return Checked(gate, ended[-1], last["outcome"], last["seen"], len(asked & set(ended)), len(asked))
    except (OSError, ValueError, KeyError, TypeError):  # shown, not judged: the engine judges the report
        return None
