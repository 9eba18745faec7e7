"""What tests of the oracle share: a line, the first calls on a site, and how the engine breaks a rule."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from oracle import forbidden
from orders import Orders

from pipeline.core.line import Line, LineGate, LineStage

STRICT = Line(
    (
        LineStage("dev", (), (LineGate("smoke", ("thing/one", "thing/two")),)),
        LineStage("staging", ("dev",), (LineGate("smoke"), LineGate("failover"))),
        LineStage("prod", ("staging",), (LineGate("smoke"),)),
    )
)


@dataclass(frozen=True)
class Break:
    """A rule of the engine that no longer holds: where, and what is there instead."""

    places: tuple[str, ...]
    instead: Callable[..., object]


def first(orders: Orders, *stages: str) -> None:
    """The first release, promoted into these stages."""
    orders.commit()
    for stage in stages:
        orders.promote(stage, 0)


def must_be_named(
    monkeypatch: pytest.MonkeyPatch, broken: Break, sequence: Callable[[Orders], None], *said: str
) -> None:
    """Fail unless the oracle has nothing against the engine as it is, and says this of the broken one."""
    kept = Orders()
    sequence(kept)
    assert forbidden(kept.bench.store.records) == [], "the engine as it is keeps the rule"

    for place in broken.places:
        monkeypatch.setattr(place, broken.instead)
    orders = Orders()
    sequence(orders)

    found = forbidden(orders.bench.store.records)
    assert tuple(line.partition(": ")[2] for line in found) == said
