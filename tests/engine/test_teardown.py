"""A lab is never taken down under somebody who works on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.core.errors import StageLocked
from pipeline.engine.promote import Wish, promote
from pipeline.engine.teardown import take_down

if TYPE_CHECKING:
    from pipeline.testing import Bench


def test_taking_a_stage_down_holds_its_lease(bench: Bench) -> None:
    bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))

    take_down(bench.shop(), "dev")

    assert bench.tools.calls == ["down dev with {'dev': 2}"]
    assert bench.store.leases == {}


def test_taking_the_site_down_holds_the_leases_of_all_stages_the_ledger_knows(bench: Bench) -> None:
    bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))

    take_down(bench.shop(), None)

    assert bench.tools.calls == ["down None with {'dev': 2, 'prod': 1, 'staging': 1}"]
    assert bench.store.leases == {}


@pytest.mark.parametrize("stage", ["dev", None])
def test_a_stage_that_somebody_holds_is_not_taken_down(bench: Bench, stage: str | None) -> None:
    bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
    other, shop = bench.shop(), bench.shop()
    bench.store.dead.clear()
    lease = other.ledger.acquire("dev", "promote r2 to dev", 60)

    with pytest.raises(StageLocked, match="promote r2 to dev"):
        take_down(shop, stage)

    assert bench.tools.calls == []
    assert list(bench.store.leases.values()) == [lease]


def test_a_stage_held_elsewhere_keeps_no_other_from_being_taken_down(bench: Bench) -> None:
    bench.commit("first", a="1")
    promote(bench.shop(), Wish("dev"))
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
