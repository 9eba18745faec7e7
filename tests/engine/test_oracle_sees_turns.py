"""The oracle names a promotion that should have made way for a newer one."""

import pytest
from oracle import forbidden
from orders import Orders

from pipeline.core import events as ev
from pipeline.core.actor import NOBODY
from pipeline.core.kinds import Kind
from pipeline.testing.ledger import holder


def older_and_newer() -> list[ev.Record]:
    """The second promotion begins to wait after the first one, and is through before that looks again."""
    orders = Orders()
    orders.commit()
    orders.commit()
    orders.take("dev", 10.0)
    orders.between(8, lambda: orders.promote("dev", 1, wait_s=30.0))
    orders.promote("dev", 0, wait_s=30.0)
    return orders.bench.store.records


def test_the_oracle_names_a_start_after_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = older_and_newer()
    assert [record.event.why for record in kept if isinstance(record.event, ev.PromotionDequeued)] == [
        ev.Leaving.STARTED, ev.Leaving.SUPERSEDED
    ]  # fmt: skip
    assert forbidden(kept) == [], "the engine as it is keeps the rule"

    monkeypatch.setattr("pipeline.engine.turn.superseded_by", lambda *_: None)
    said = [line.partition(": ")[2] for line in forbidden(older_and_newer())]
    assert said == ["p2 starts after a newer promotion into dev has"]


def test_the_oracle_names_a_start_while_a_newer_one_waits() -> None:
    orders = Orders()
    orders.commit()
    (pinned,) = orders.bench.store.records
    release = orders.releases[0]
    waiting = [ev.PromotionQueued("dev", release, holder(pid), 1e9, NOBODY) for pid in (1, 2)]
    begun = ev.AttemptStarted("p1", "p1", Kind.PROMOTE, "dev", release, ("smoke",), 1)
    events = [*waiting, ev.LeaseTaken("dev", 1, "", holder(1), "free"), begun]

    def found(*after: ev.Event) -> list[str]:
        told = enumerate([*events, *after], 2)
        return forbidden([pinned, *(ev.Record(seq, pinned.at, event) for seq, event in told)])

    said = "event 5: p1 starts while a newer promotion waits for dev"
    assert found(ev.PromotionDequeued("dev", 3, ev.Leaving.GAVE_UP)) == [said]
    assert found() == [], "one that was killed counts for nothing"
