"""A lab is never taken down under somebody who works on it."""

import pytest
from runs import verified

from pipeline.core.errors import StageLocked
from pipeline.engine.teardown import take_down
from pipeline.testing import Bench


@pytest.mark.parametrize(
    ("stage", "tokens"),
    [("dev", {"dev": 2}), (None, {"dev": 2, "prod": 1, "staging": 1})],
    ids=["a stage", "the site: all stages that the ledger knows"],
)
def test_taking_down_holds_the_leases(bench: Bench, stage: str | None, tokens: dict[str, int]) -> None:
    verified(bench)
    take_down(bench.shop(), stage)

    assert bench.tools.calls == [f"down {stage} with {tokens}"]
    assert bench.store.leases == {}


@pytest.mark.parametrize("stage", ["dev", None])
def test_a_stage_that_somebody_holds_is_not_taken_down(bench: Bench, stage: str | None) -> None:
    verified(bench)
    other, shop = bench.shop(), bench.shop()
    bench.store.dead.clear()
    lease = other.ledger.acquire("dev", "promote r2 to dev", 60)

    with pytest.raises(StageLocked, match="promote r2 to dev"):
        take_down(shop, stage)

    assert bench.tools.calls == []
    assert list(bench.store.leases.values()) == [lease]


def test_a_stage_held_elsewhere_keeps_no_other_from_being_taken_down(bench: Bench) -> None:
    verified(bench)
    other, shop = bench.shop(), bench.shop()
    bench.store.dead.clear()
    other.ledger.acquire("dev", "promote r2 to dev", 60)

    take_down(shop, "prod")

    assert bench.tools.calls == ["down prod with {'prod': 1}"]


@pytest.mark.parametrize("stage", ["dev", None])
def test_without_a_ledger_there_is_nobody_to_ask_and_nothing_is_written(
    bench: Bench, stage: str | None
) -> None:
    take_down(bench.shop(), stage)

    assert bench.tools.calls == [f"down {stage}"]
    assert bench.store.records == []
