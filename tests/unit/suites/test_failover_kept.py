"""What clients were promised is looked for once all is well: messages for a while, keys on the master."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from storied import Clock

from suites.errors import ClientFailed
from suites.failover.kept import CONSUMED_WITHIN_S, EVERY_S, Kept
from suites.failover.served import Served
from suites.probes.spec import Kind
from suites.probes.trace import Request, RequestOutcome, Trace


@dataclass
class Probing:
    """Probes whose consumer and whose requests come as they are told."""

    kinds: tuple[Kind, ...]
    looks: list[tuple[str, ...]] = field(default_factory=list)
    seen: list[tuple[Trace, ...]] = field(default_factory=list)

    def consumed(self) -> tuple[str, ...]:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def traces(self, _begin: float, _end: float, _kinds: Iterable[Kind]) -> tuple[Trace, ...]:
        return self.seen.pop(0) if len(self.seen) > 1 else self.seen[0]


class Clients:
    """A stage whose master holds some keys."""

    def __init__(self, there: object) -> None:
        self.there = there
        self.asked: list[dict[str, Any]] = []
        host = SimpleNamespace(name="coordination-1", address="10.71.3.40")
        self.target = SimpleNamespace(
            carrying=lambda _component: (host,),
            secrets={"coordination_password": SimpleNamespace(to_json=lambda: {"file": "/secret"})},
            settings={"coordination": {"replica_max_lag": 3.0}},
        )

    def ask(self, _module: str, request: dict[str, Any]) -> dict[str, object]:
        self.asked.append(request)
        return {"master": "coordination-1", "there": self.there}


def trace(kind: Kind, ends: dict[str, float], rate: float = 10.0) -> Trace:
    requests = tuple(Request(end, end, end, RequestOutcome.OK, key=key) for key, end in ends.items())
    return Trace(f"{kind.value}-new", kind.value, "new", rate, 1.0, 0.0, 1000.0, requests)


def kept(probing: Probing, clock: Clock, there: object = ()) -> Kept:
    return Kept(probing, Clients(there), clock, clock.sleep)  # type: ignore[arg-type]  # a stand-in


def test_nobody_looks_for_what_no_probe_sent() -> None:
    looking = kept(Probing((Kind.SQL,)), Clock())
    assert looking.messages(()) is None
    assert looking.keys((), 50.0) is None


@pytest.mark.parametrize(
    ("looks", "lost", "waited_s"),
    [([("a",), ("a",), ("a", "b")], (), 2 * EVERY_S), ([("a",)], ("b",), CONSUMED_WITHIN_S)],
    ids=["late", "never"],
)
def test_a_message_is_lost_when_it_is_not_consumed_in_time(
    looks: list[tuple[str, ...]], lost: tuple[str, ...], waited_s: float
) -> None:
    clock = Clock()
    traces = (trace(Kind.AMQP, {"a": 40.0, "b": 41.0}),)
    found = kept(Probing((Kind.AMQP,), looks), clock).messages(traces)
    assert found is not None
    assert (found.confirmed, found.lost) == (2, lost)
    assert clock.now - 100.0 == pytest.approx(waited_s, abs=0.25)


def test_keys_are_sure_when_they_are_older_at_the_fault_than_a_replica_may_lag() -> None:
    traces = (trace(Kind.REDIS, {"old": 46.9, "young": 47.1, "there": 40.0}),)
    found = kept(Probing((Kind.REDIS,)), Clock(), there=["there"]).keys(traces, 50.0)
    assert found is not None
    assert (found.acknowledged, found.lost, found.late) == (3, ("old",), ("young",))


def test_an_answer_that_is_no_list_of_keys_is_none() -> None:
    with pytest.raises(ClientFailed):
        kept(Probing((Kind.REDIS,)), Clock(), there=None).keys((trace(Kind.REDIS, {"a": 1.0}),), 50.0)


def both_of_sql(ends: dict[str, float], started: float = 98.0) -> tuple[Trace, ...]:
    new = replace(trace(Kind.SQL, ends), started=started)
    return new, replace(new, probe="sql-kept")


def requests(number: int) -> dict[str, float]:
    return {f"k{one}": 99.0 for one in range(number)}


@pytest.mark.parametrize(
    ("looks", "after", "before"),
    [
        ((both_of_sql(requests(3)), both_of_sql(requests(3)), both_of_sql(requests(20))), 100.15, 100.25),
        ((both_of_sql(requests(0)),), 102.0, 102.3),
        # Seen: a baseline began before some probes did, and each fault waited for its time limit.
        ((both_of_sql(requests(14), started=98.6),), 99.9, 100.05),
    ],
    ids=["they end", "they never end", "none is due before a probe starts"],
)
def test_requests_that_were_due_are_waited_for_until_they_end_or_time_out(
    looks: tuple[tuple[Trace, ...], ...], after: float, before: float
) -> None:
    clock = Clock()
    probing = Probing((Kind.SQL,), seen=list(looks))
    Served(probing, clock, clock.sleep).settle(98.0, 100.0)  # type: ignore[arg-type]  # a stand-in
    assert after < clock.now < before
