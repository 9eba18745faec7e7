"""What carries a verdict is the override that stands at the moment of the record, and no other."""

from dataclasses import replace

import pytest
from runs import JustBefore, may_override, turned_down

from pipeline.core import events as ev
from pipeline.core.errors import IllegalTransition
from pipeline.core.history import apply, replay
from pipeline.core.kinds import Outcome
from pipeline.engine.overrides import Place, override, withdraw_override
from pipeline.engine.promote import Wish, promote
from pipeline.testing import Bench


def red_where_the_operator_may_override(bench: Bench) -> Place:
    """The gate of dev turns the release of the checkout down, which is pinned; the place to override."""
    turned_down(bench)
    return may_override(bench)


@pytest.mark.parametrize(
    ("placed_before", "outcome"),
    [(True, Outcome.FAILED), (False, Outcome.VERIFIED)],
    ids=["withdrawn", "placed"],
)
def test_an_override_counts_up_to_the_very_record_of_the_verdict(
    *, placed_before: bool, outcome: Outcome
) -> None:
    bench = Bench()
    place = red_where_the_operator_may_override(bench)
    other = bench.shop()
    if placed_before:
        override(other, place, "a known defect")
    meanwhile = withdraw_override if placed_before else override
    shop = bench.shop()
    ledger = JustBefore(shop.ledger, ev.GateJudged, lambda: meanwhile(other, place, "at the last moment"))

    result = promote(replace(shop, ledger=ledger), Wish("dev"))

    assert result.outcome is outcome


def test_no_event_claims_an_override_that_does_not_stand() -> None:
    bench = Bench()
    place = red_where_the_operator_may_override(bench)
    shop = bench.shop()
    found = override(shop, place, "a known defect")
    promote(shop, Wish("dev"))
    records = bench.store.records
    carried = next(record for record in reversed(records) if isinstance(record.event, ev.GateJudged))
    assert isinstance(carried.event, ev.GateJudged)
    assert carried.event.override == found
    before = replay(records[: carried.seq - 1])

    assert apply(before, carried).attempts[carried.event.attempt].overrides == {"smoke": found}
    forged = replace(carried, event=replace(carried.event, override=replace(found, reason="another")))
    with pytest.raises(IllegalTransition, match="has an override that did not stand"):
        apply(before, forged)
