"""What clients were promised is looked for once all is well: messages for a while, keys on the master."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from storied import Clock

from suites.errors import ClientFailed
from suites.failover.kept import CONSUMED_WITHIN_S, Kept
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


def test_a_message_that_comes_late_was_not_lost() -> None:
    clock = Clock()
    probing = Probing((Kind.AMQP,), looks=[("a",), ("a",), ("a", "b")])
    found = kept(probing, clock).messages((trace(Kind.AMQP, {"a": 40.0, "b": 41.0}),))
    assert found is not None
    assert (found.confirmed, found.lost) == (2, ())
    assert clock.now < 100.0 + CONSUMED_WITHIN_S


def test_a_message_that_never_comes_is_lost() -> None:
    probing = Probing((Kind.AMQP,), looks=[("a",)])
    found = kept(probing, Clock()).messages((trace(Kind.AMQP, {"a": 40.0, "b": 41.0}),))
    assert found is not None
    assert found.lost == ("b",)


def test_keys_are_sure_when_they_are_older_at_the_fault_than_a_replica_may_lag() -> None:
    traces = (trace(Kind.REDIS, {"old": 46.9, "young": 47.1, "there": 40.0}),)
    found = kept(Probing((Kind.REDIS,)), Clock(), there=["there"]).keys(traces, 50.0)
    assert found is not None
    assert (found.acknowledged, found.lost, found.late) == (3, ("old",), ("young",))


def test_an_answer_that_is_no_list_of_keys_is_none() -> None:
    with pytest.raises(ClientFailed):
        kept(Probing((Kind.REDIS,)), Clock(), there=None).keys((trace(Kind.REDIS, {"a": 1.0}),), 50.0)


def test_what_was_due_is_waited_for_until_it_has_ended() -> None:
    clock = Clock()
    some, whole = ({f"k{number}": 99.0 for number in range(count)} for count in (3, 40))
    names = ("sql-new", "sql-kept")

    def both(ends: dict[str, float]) -> tuple[Trace, ...]:
        return tuple(
            Trace(n, "sql", "new", 20.0, 1.0, 0.0, 1e3, trace(Kind.SQL, ends).requests) for n in names
        )

    probing = Probing((Kind.SQL,), seen=[both(some), both(some), both(whole)])
    Served(probing, clock, clock.sleep).settle(98.0, 100.0)  # type: ignore[arg-type]  # a stand-in
    assert clock.now == pytest.approx(100.2)


def test_what_never_ends_is_waited_for_as_long_as_time_outs_allow() -> None:
    clock = Clock()
    probing = Probing((Kind.SQL,), seen=[(Trace("sql-new", "sql", "new", 20.0, 1.0, 0.0, 1e3),)])
    Served(probing, clock, clock.sleep).settle(98.0, 100.0)  # type: ignore[arg-type]  # a stand-in
    assert 102.0 <= clock.now <= 102.3
