"""Orders that are given while another one is carried out: rules of the talk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drawn import STAGES, journeys, numbers, stages, stops, waits
from hypothesis import strategies as st
from hypothesis.stateful import rule

if TYPE_CHECKING:
    from drawn import Journey
    from orders import Stop
    from talk import Talk


@rule(stage=stages, number=numbers, other=numbers, call=st.integers(1, 40), wait_s=waits, stop=stops)
def two_wait(  # noqa: PLR0913 - one parameter for each thing that may differ
    self: Talk, *, stage: str, number: int, other: int, call: int, wait_s: float, stop: Stop
) -> None:
    """Two promotions while somebody else has the stage; the second may give up, or be killed."""
    number, other = self.number(number), self.number(other)
    self.orders.take(stage, 10.0)
    self.orders.between(call, lambda: self.orders.promote(stage, other, stop, wait_s=wait_s))
    self.orders.promote(stage, number, wait_s=30.0)
    self.orders.bench.clock.time += 10.0


@rule(stage=stages, journey=journeys, stop=stops)
def promote_in_legs(self: Talk, stage: str, journey: Journey, stop: Stop) -> None:
    """A new release, whose plans have legs, enters a stage; meanwhile somebody may be against it."""
    number, orders = len(self.orders.releases), self.orders
    orders.commit(legging=journey.legging, a=str(number), b=str(number))
    for before in STAGES[: STAGES.index(stage)]:
        orders.promote(before, number)
    meanwhile = {
        "hold": lambda: orders.hold(stage),
        "reject": lambda: orders.reject(number),
        "promote": lambda: orders.promote(stage, number),
    }
    orders.bench.answers["smoke in leg two"] = journey.answer
    if journey.meanwhile in meanwhile:
        orders.between(journey.call, meanwhile[journey.meanwhile])
    orders.promote(stage, number, stop)
    orders.resume(stage)
    for hold in range(1, 4) if journey.lifted else ():
        orders.unhold(hold)
    (orders.resume if journey.lifted else orders.abort)(stage)
    del orders.bench.answers["smoke in leg two"]
