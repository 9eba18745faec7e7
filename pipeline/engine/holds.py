"""Hold and unhold: stopping promotions, with a reason, and allowing them again."""

from pipeline.core import events as ev
from pipeline.core.errors import LedgerMoved, UsageProblem
from pipeline.core.history import History
from pipeline.core.holds import Hold
from pipeline.engine.known import require_known
from pipeline.workshop import Office


def hold(office: Office, stage: str | None, reason: str, until: float | None = None) -> Hold:
    """Stop all promotions into `stage` (None: every stage) until `unhold`, or until then; return the hold.

    `until` is in seconds since 1970. Raises UsageProblem for an unknown stage.
    """
    while True:
        history = office.history()
        if stage is not None:
            require_known(history, stage)
        event = ev.HoldPlaced(stage, reason, office.actor, history.next_hold_id(), until)
        try:
            (record,) = office.ledger.append([event], head=history.head)
        except LedgerMoved:
            continue
        return Hold(event.hold, stage, reason, office.actor, record.at, until)


def unhold(office: Office, name: str | None, stage: str | None) -> Hold:
    """Lift one hold: the one with this id or, without, the only one that stops `stage` by itself; return it.

    Raises UsageProblem when there is none, or when there are several to choose from.
    """
    history = office.history()
    standing = history.holds_at(office.clock.now())
    found = _named(history, name) if name else _only_one(standing, stage)
    office.ledger.append([ev.HoldLifted(found.stage, office.actor, found.id)])
    return found


def _named(history: History, name: str) -> Hold:
    if name not in history.holds:
        known = ", ".join(history.holds) or "none"
        raise UsageProblem(f"there is no hold {name}", why=f"holds: {known}", next="promote status")
    return history.holds[name]


def _only_one(standing: tuple[Hold, ...], stage: str | None) -> Hold:
    found = [hold for hold in standing if hold.stage == stage]
    scope = f"stage {stage}" if stage else "all stages"
    if not found:
        raise UsageProblem(f"there is no hold on {scope}", next="promote status")
    if len(found) > 1:
        raise UsageProblem(
            f"there are {len(found)} holds on {scope}",
            why="; ".join(f"{hold.id} by {hold.by}: {hold.reason}" for hold in found),
            next=f"promote unhold {found[0].id}",
        )
    return found[0]
