"""Of several promotions that wait for one stage the newest goes, and the dead count for nothing."""

from dataclasses import replace

import pytest

from pipeline.core import events as ev
from pipeline.core.actor import Actor
from pipeline.core.history import replay
from pipeline.core.kinds import Kind
from pipeline.core.policy.newest_goes import superseded_by
from pipeline.core.stages import StageGraph, StageSpec
from pipeline.testing import make_pin
from pipeline.testing.ledger import holder

WHO = Actor("somebody")
PINS = [make_pin(name) for name in ("first", "second")]
GRAPH = StageGraph((StageSpec("dev", None, ("smoke",)), StageSpec("other", None, ("smoke",))))
PINNED = [ev.ReleasePinned(pin.id, f"r{place}", pin, GRAPH) for place, pin in enumerate(PINS, 1)]
# The first waits with ticket 3, the second with ticket 4.
FIRST = ev.PromotionQueued("dev", PINS[0].id, holder(1), 100.0, WHO)
SECOND = ev.PromotionQueued("dev", PINS[1].id, holder(2), 100.0, WHO)
TICKETS = (3, 4)
NEWER = "r2, which waits for dev, too"


def taken(token: int, stage: str = "dev") -> ev.LeaseTaken:
    return ev.LeaseTaken(stage, token, "", holder(3), "free")


def started(token: int, stage: str = "dev", kind: Kind = Kind.PROMOTE) -> ev.AttemptStarted:
    return ev.AttemptStarted("p1", "p1", kind, stage, PINS[1].id, ("smoke",), token)


def told(*events: ev.Event, at: float = 50.0, gone: tuple[ev.Holder, ...] = ()) -> list[str | None]:
    """Which promotion goes instead of the first and the second one."""
    records = [ev.Record(seq, 0.0, event) for seq, event in enumerate([*PINNED, *events], 1)]
    return [superseded_by(replay(records), ticket, at, gone) for ticket in TICKETS]


@pytest.mark.parametrize(
    ("events", "first"),
    [
        ([FIRST, SECOND], NEWER),
        ([FIRST, replace(SECOND, release=PINS[0].id)], "r1, which waits for dev, too"),
        ([FIRST, replace(SECOND, stage="other")], None),
        ([FIRST, SECOND, ev.PromotionDequeued("dev", 4, ev.Leaving.GAVE_UP)], None),
        ([FIRST, SECOND, ev.PromotionDequeued("dev", 3, ev.Leaving.SUPERSEDED)], None),
        ([FIRST, taken(1), started(1)], "r2, whose promotion p1 has started meanwhile"),
        ([FIRST, taken(1), started(1, kind=Kind.GATE)], None),
        ([FIRST, taken(1), started(1, kind=Kind.ROLLBACK)], None),
        ([FIRST, taken(1, "other"), started(1, "other")], None),
        ([FIRST, taken(1)], None),
    ],
    ids=["newer", "same release", "other stage", "gave up", "twice", "overtaken", "gate", "rollback",
         "elsewhere", "lease alone"],
)  # fmt: skip
def test_a_newer_promotion_goes_instead(events: list[ev.Event], first: str | None) -> None:
    assert told(*events) == [first, None]


def test_one_that_was_already_in_when_the_other_began_to_wait_is_older() -> None:
    records = [*PINNED, taken(1), FIRST, started(1)]
    history = replay(ev.Record(seq, 0.0, event) for seq, event in enumerate(records, 1))
    assert superseded_by(history, 4, 50.0, ()) is None


def test_the_dead_and_those_whose_time_is_over_count_for_nothing() -> None:
    assert told(FIRST, SECOND, gone=(holder(2),)) == [None, None]
    assert told(FIRST, SECOND, at=99.9) == [NEWER, None]
    assert told(FIRST, SECOND, at=100.0) == [None, None]
