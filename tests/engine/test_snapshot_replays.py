"""A snapshot and the events after it give what all events give, whatever was asked of the site."""

import json
from random import Random

import pytest
from orders import GATES, Orders, Stop

from pipeline.core import events as ev
from pipeline.core.chain import Head
from pipeline.core.codec import plain
from pipeline.core.history import History, apply, replay
from pipeline.core.line import Line, LineGate, LineStage
from pipeline.core.snapshot import differences
from pipeline.testing import MemorySnapshots

STAGES = ("dev", "staging", "prod")
SEEDS, CALLS = 12, 30


def asked_at_random(seed: int) -> list[ev.Record]:
    """What a site records of so many random calls."""
    random, orders = Random(seed), Orders()  # noqa: S311 - a test
    orders.commit()
    orders.promote("dev", 0)
    line = Line(
        (LineStage("dev", (), (LineGate("smoke"),)), LineStage("prod", ("dev",), (LineGate("smoke"),)))
    )
    for _ in range(CALLS):
        stage, number = random.choice(STAGES), random.randrange(len(orders.releases))
        stop = Stop(events=random.choice([None, None, 3, 7]))
        name = f"{random.choice(GATES)} of {orders.releases[number]}"
        orders.bench.answers[name] = random.choice(["passed", "passed", "failed"])
        ask = random.choice(
            [
                orders.commit,
                lambda s=stage, n=number, t=stop: orders.promote(s, n, t),
                lambda s=stage, n=number, t=stop: orders.promote(s, n, t),
                lambda s=stage: orders.resume(s),
                lambda s=stage: orders.abort(s),
                lambda s=stage: orders.roll_back(s),
                lambda s=stage: orders.run_gate("smoke", s),
                lambda s=stage: orders.hold(s, 50.0),
                lambda n=number: orders.unhold(n),
                lambda n=number: orders.reject(n, back=True),
                lambda n=number, s=stage: orders.rebuild(n, s),
                lambda: orders.set_line(line),
            ]
        )
        ask()
        orders.bench.clock.time += random.choice([0.0, 20.0])
    return orders.bench.store.records


def text(history: History) -> str:
    """All of a history, in the order in which it has it."""
    fields = {name: getattr(history, name) for name in History.__slots__}
    return json.dumps(
        plain(fields | {"attempts": dict(history.attempts), "releases": dict(history.releases)})
    )


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_snapshot_and_the_rest_are_a_replay(seed: int) -> None:
    records, random = asked_at_random(seed), Random(seed)  # noqa: S311 - a test
    whole = replay(records)
    assert whole.attempts

    snapshots, since, history = MemorySnapshots(), None, History()
    for record in records:
        history = apply(history, record)
        if random.random() < 0.1:
            snapshots.keep(history, Head(record.seq, "digest"), since)
            since = snapshots.newest()
            assert since is not None
            assert text(since.history) == text(history)
            history = since.history

    assert history == whole
    assert text(history) == text(whole)
    assert differences(history, whole) == ()
