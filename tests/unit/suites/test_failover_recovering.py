"""Health is asked of everything, of what was not healthy, and once more of everything; few hosts at once."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from suites_sample import ThisMachine

from suites.failover.stage import LATELY_S, LOOKED_AT_ONCE, Recovering, Stage
from suites.harness.component import Component
from suites.hosts.host import Host, Output
from suites.hosts.reading import Observation, Reading

HOSTS = ("a", "b", "c")


@dataclass
class Asked:
    """Components that say whether they are healthy; what was asked, and of how many at the same time."""

    sick: set[str] = field(default_factory=set)
    names: list[str] = field(default_factory=list)
    together: threading.Barrier | None = None
    being: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, component: str) -> Component:
        def healthy(host: Host) -> tuple[Reading, ...]:
            name = f"{component} on {host.name}"

            def judge(_output: Output) -> Observation:
                with self.lock:
                    self.names.append(name)
                    self.being += 1
                    self.most = max(self.most, self.being)
                if self.together is not None:
                    self.together.wait(5)
                with self.lock:
                    self.being -= 1
                return Observation(name not in self.sick, "no answer")

            return (Reading(f"echo {name}", judge),)

        return Component(component, healthy, (), of_use=lambda _: Observation(holds=True, seen="well"))

    def stage(self, hosts_named: Sequence[str] = HOSTS) -> Stage:
        hosts = tuple(ThisMachine(name) for name in hosts_named)
        target: Any = SimpleNamespace(carrying=lambda _component: hosts)
        fleet: Any = {host.name: host for host in hosts}
        return Stage(target, fleet, (self.of("x"), self.of("y")))


def test_few_hosts_are_asked_at_the_same_time_since_clients_are_measured_meanwhile() -> None:
    asked = Asked(together=threading.Barrier(LOOKED_AT_ONCE))
    assert Recovering(asked.stage("abcdef")).look().holds
    assert asked.most == LOOKED_AT_ONCE


def test_only_who_was_not_healthy_is_asked_again_and_then_everybody_once() -> None:
    asked = Asked(sick={"x on b", "y on c"})
    recovering = Recovering(asked.stage())
    seen = recovering.look()
    assert (seen.holds, seen.seen) == (False, "x on b: no answer; y on c: no answer")
    asked.names.clear()
    asked.sick = {"y on c"}
    assert not recovering.look().holds
    assert sorted(asked.names) == ["x on b", "y on c"]
    asked.names.clear()
    asked.sick = set()
    assert recovering.look().holds
    assert sorted(asked.names[:1]) == ["y on c"]
    assert len(asked.names) == 1 + 6


def test_who_falls_ill_while_the_last_is_waited_for_is_seen_by_the_last_look() -> None:
    asked = Asked(sick={"x on b"})
    recovering = Recovering(asked.stage())
    recovering.look()
    asked.sick = {"y on a"}
    seen = recovering.look()
    assert (seen.holds, seen.seen) == (False, "y on a: no answer")


def test_a_stage_that_was_well_a_moment_ago_is_so_until_something_is_done_to_it() -> None:
    now = [100.0]
    recovering = Recovering(Asked().stage(), lambda: now[0])
    assert not recovering.lately
    assert recovering.look().holds
    assert recovering.lately
    now[0] += LATELY_S + 0.1
    assert not recovering.lately
    recovering.look()
    recovering.disturb()
    assert not recovering.lately
