"""Holds: stops of promotions, of which several may apply at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.errors import IllegalTransition


@dataclass(frozen=True, slots=True)
class Hold:
    """A stop of promotions into one stage, or into every stage (`stage` None): why, and by whom.

    `at` is when it was placed, `until` when it ends by itself, in seconds since 1970.
    """

    id: str
    stage: str | None
    reason: str
    by: Actor
    at: float
    until: float | None = None


# By id, in the order in which they were placed.
Holds = Mapping[str, Hold]


def placed(holds: Holds, event: ev.HoldPlaced, name: str, at: float) -> Holds:
    """The holds after one more, which gets this id. Raises IllegalTransition if the event has another."""
    if event.hold not in ("", name):
        raise IllegalTransition(f"hold {event.hold} is out of order")
    hold = Hold(name, event.stage, event.reason, event.by, at, event.until)
    # Schema 2 had one hold a stage: another one on that stage replaced it.
    before = holds if event.hold else _on_other_stages(holds, event.stage)
    return {**before, name: hold}


def lifted(holds: Holds, event: ev.HoldLifted) -> Holds:
    """The holds that are left."""
    if not event.hold:
        return _on_other_stages(holds, event.stage)
    return {name: hold for name, hold in holds.items() if name != event.hold}


def _on_other_stages(holds: Holds, stage: str | None) -> Holds:
    return {name: hold for name, hold in holds.items() if hold.stage != stage}
