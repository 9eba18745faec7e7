"""What `promote status` tells of each stage, as data and as text."""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.cli.followed import Followed
from pipeline.cli.overridden import carried_into
from pipeline.cli.render import about_to_go, gates_of, lasting, moment, override_data, span, table
from pipeline.cli.view import View
from pipeline.core.attempt import Attempt
from pipeline.core.follow_ups import Pending
from pipeline.core.forge_calendar import ForgeCalendar, freezes_of
from pipeline.core.freeze import frozen
from pipeline.core.history import History
from pipeline.core.holds import Hold
from pipeline.core.leases import Lease
from pipeline.core.line import LineStage
from pipeline.core.policy.decision import Allow
from pipeline.core.policy.next_leg import may_begin_leg
from pipeline.core.transitions import Phase
from pipeline.workshop import Office

Row = Mapping[str, object]
_COLUMNS = {
    "STAGE": "stage",
    "VERIFIED": "verified",
    "STANDS": "standing",
    "MARK": "mark",
    "GATES": "gates",
    "SOAKED": "soaked",
    "INTERRUPTED": "open",
    "HELD": "held",
    "FROZEN": "frozen",
    "LOCKED": "locked",
}


def stage_rows(office: Office, seen: Followed, only: str | None = None) -> list[Row]:
    """The state of each stage, or of one, as JSON data."""
    names = seen.history.stage_names() if only is None else (only,)
    return [_row(office, seen, name) for name in names]


def holds_shown(history: History, only: str | None, now: float) -> tuple[Hold, ...]:
    """The holds that apply now, or those of them that stop one stage."""
    return history.holds_at(now) if only is None else history.holds_on(only, now)


def stage_lines(rows: Sequence[Row], holds: Sequence[Hold]) -> Iterator[str]:
    """The table of the stages, what is under way in them, and the holds."""
    cells = [tuple(_cell(row, key) for key in _COLUMNS.values()) for row in rows]
    yield from table(tuple(_COLUMNS), cells)
    for row in rows:
        way = row["under_way"]
        if isinstance(way, Mapping):
            yield f"{row['stage']}: {way_text(way)}, {_times(way)}"
        follows = row["follow_up"]
        if isinstance(follows, Mapping):
            yield f"{row['stage']}: {follow_up_text(str(row['stage']), follows)}"
    if holds:
        yield ""
        yield from table(("HOLD", "STAGE", "BY", "SINCE", "UNTIL", "REASON"), [_hold(one) for one in holds])
        yield ""


def way_text(way: Mapping[str, object]) -> str:
    """What is under way, without its times: that changes only when something happens."""
    name = f"{way['attempt']} {way['kind']} {way['release']}"
    if way["interrupted"]:
        name += " (interrupted)"
    where = "before" if way["phase"] == Phase.BETWEEN.value else "in"
    leg = f", {where} leg {way['leg_number']} of {way['legs']}, {way['leg']}" if way["leg"] else ""
    waits = f"; waits for policy: {way['waits']}" if way["waits"] else ""
    gate = f", gate {way['gate']}" if way["gate"] else ""
    checks = f" {way['checks_done']} of {way['checks']} checks" if way["checks"] is not None else ""
    return f"{name}: {way['phase']}, {way['steps_done']} of {way['steps']} steps{leg}{gate}{checks}{waits}"


def follow_up_text(stage: str, follows: Mapping[str, object]) -> str:
    """What is still to be done there, and since when or from when on."""
    when = "is due since" if follows["is_due"] else "is due on"
    return f"promote {follows['verb']} --stage {stage} {when} {follows['due']} (after {follows['attempt']})"


def follow_up_data(pending: Pending | None, now: float) -> dict[str, object] | None:
    """What is still to be done in a stage, as data."""
    if pending is None:
        return None
    moments = {"since": moment(pending.since), "due": moment(pending.due)}
    return {"verb": pending.verb, "attempt": pending.attempt, **moments, "is_due": pending.is_due(now)}


def _times(way: Mapping[str, object]) -> str:
    age, left, leg_age, took = way["age_s"], way["left_s"], way["leg_age_s"], way["leg_forecast_s"]
    shown = [span(age)] if isinstance(age, float) else []
    if isinstance(leg_age, float) and isinstance(took, float):
        shown.append(f"this leg {span(leg_age)}, took {span(took)}")
    return ", ".join([*shown, about_to_go(left)] if isinstance(left, float) else shown)


def _cell(row: Row, key: str) -> str:
    if key == "soaked":
        soaked = row["soaked_s"]
        return lasting(soaked) if isinstance(soaked, float) else "-"
    return "-" if row[key] is None else str(row[key])


def _hold(one: Hold) -> tuple[str, ...]:
    until = moment(one.until) or "-"
    return (one.id, one.stage or "all", str(one.by), moment(one.at) or "", until, one.reason)


def _row(office: Office, seen: Followed, name: str) -> Row:
    history, now = seen.history, office.clock.now()
    view, holds, lease = history.stage(name), history.holds_on(name, now), office.ledger.worker_on(name)
    latest = history.attempts.get(view.latest or "")
    rules = history.line.stage(name) if history.line else None
    way = seen.views.get(name)
    return {
        "stage": name,
        "verified": history.releases[view.pointer].alias if view.pointer else None,
        "verified_release": view.pointer,
        "standing": history.releases[view.standing].alias if view.standing else None,
        "standing_release": view.standing,
        "overridden": [override_data(override) for override in carried_into(history, name)],
        "mark": None if view.standing is None or view.confirmed else "unverified",
        "gates": gates_of(latest) if latest and latest.evidence else None,
        "soaked_s": _soaked_s(history, name, now),
        "follow_up": follow_up_data(view.follow_up, now),
        "open": view.open if lease is None else None,
        "running": view.open if lease is not None else None,
        "under_way": None if way is None else _way(way, history, now, lease),
        "latest": latest.id if latest else None,
        "since": moment(latest.started_at) if latest else None,
        "held": "; ".join(hold.reason for hold in holds) or None,
        "frozen": _frozen(rules, history.calendar, now),
        "locked": f"{lease.purpose} (process {lease.holder.pid} on {lease.holder.hostname})"
        if lease
        else None,
        "evidence": str(office.site / "runs" / latest.id) if latest else None,
    }


def _soaked_s(history: History, name: str, now: float) -> float | None:
    """For how long what stands there has stood verified, in all; None if it is not verified."""
    view = history.stage(name)
    if view.standing is None or view.standing not in view.verified:
        return None
    return round(view.soaked_s(view.standing, now), 1)


def _frozen(rules: LineStage | None, calendar: ForgeCalendar | None, now: float) -> str | None:
    """The freezes that apply now, each with its end; one that cannot be read keeps everything out, too."""
    freezes = freezes_of(rules, calendar)
    found = [f"{one.why} (cannot be read)" for one in freezes if one.problems()]
    readable = tuple(one for one in freezes if not one.problems())
    found += [f"{one.why}, until {moment(end)}" for one, end in frozen(readable, now)]
    return "; ".join(found) or None


def _leg_age_s(view: View, now: float) -> float | None:
    """For how long the leg has gone on, as far as that is known; None between two, and without several."""
    attempt = view.attempt
    if attempt is None or attempt.phase is Phase.BETWEEN or not attempt.plan.has_sections:
        return None
    return round(max(0.0, now - view.since[""]), 1) if "" in view.since else None


def _waits(history: History, attempt: Attempt, now: float) -> str | None:
    """Why policy does not let the next leg begin now; None if it does, or is not asked."""
    if attempt.phase is not Phase.BETWEEN or attempt.next_leg is None:
        return None
    decision = may_begin_leg(history, attempt, attempt.next_leg, now)
    return None if isinstance(decision, Allow) else "; ".join(decision.reasons)


def _way(view: View, history: History, now: float, lease: Lease | None) -> dict[str, object] | None:
    attempt = view.attempt
    if attempt is None:
        return None
    left = view.left(now) if lease else None
    leg = attempt.next_leg if attempt.phase is Phase.BETWEEN else attempt.leg
    return {
        "attempt": attempt.id,
        "kind": attempt.kind.value,
        "release": view.release,
        "phase": attempt.phase.value,
        "interrupted": lease is None,
        "steps": len(attempt.plan.steps),
        "steps_done": len(attempt.done),
        "leg": None if leg is None else attempt.plan.told(leg) or None,
        "leg_number": attempt.legs.index(leg) + 1 if leg is not None and attempt.plan.has_sections else None,
        "legs": len(attempt.legs) if attempt.plan.has_sections else None,
        "leg_age_s": _leg_age_s(view, now),
        "leg_forecast_s": view.leg_took(),
        "waits": _waits(history, attempt, now),
        "gate": view.gate(),
        "checks": view.check.wanted if view.check else None,
        "checks_done": view.check.done if view.check else None,
        "age_s": round(max(0.0, now - attempt.started_at), 1),
        "left_s": None if left is None else round(left, 1),
    }
