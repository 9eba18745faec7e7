"""How a fault is made: all that belongs to it at once, for as long as it says, and always undone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from storied import Clock, story

from suites.failover.act import Act, Endured
from suites.faults.away import Away
from suites.faults.fault import Fault
from suites.faults.fault_case import FaultCase
from suites.faults.injector import Injected, Proof
from suites.hosts.reading import Observation
from suites.seam.target import Target

BUDGET_S = 4.0


def proved(_before: str, _after: str) -> Observation:
    raise AssertionError("the injector stands in for the proof, too")


@dataclass
class Injector:
    """Makes nothing, takes half a second for it, and remembers in which order."""

    clock: Clock
    did: list[str] = field(default_factory=list)

    @contextmanager
    def injected(self, fault: Fault) -> Iterator[Injected]:
        begin = self.clock()
        self.clock.sleep(0.5)
        self.did.append(f"made on {fault.host}")
        try:
            yield Injected(fault, begin, self.clock(), "")
        finally:
            self.did.append(f"undone on {fault.host}")

    def proofs(self, made: list[Injected]) -> Proof:
        return Proof(holds=True, seen=f"{len(made)} seen")


@dataclass
class Scene:
    """A case that is made on the target's first hosts, and what came of it."""

    target: Target
    clock: Clock = field(default_factory=lambda: Clock(until=1e9))
    said: list[tuple[str, str | None]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    injector: Injector = field(init=False)

    def __post_init__(self) -> None:
        self.injector = Injector(self.clock)

    def endure(
        self, case: FaultCase, monkeypatch: pytest.MonkeyPatch, *, hosts: int, unsteady_s: float = 0.0
    ) -> Endured:
        timing = replace(story().timing, budget_s=BUDGET_S, unsteady_s=unsteady_s)
        monkeypatch.setattr(Act, "_timing", lambda _: timing)
        monkeypatch.setattr(Act, "_mend", lambda _, seen: seen)
        rig: Any = SimpleNamespace(
            clock=self.clock,
            sleep=self.clock.sleep,
            injector=self.injector,
            recovering=SimpleNamespace(disturb=lambda: None),
            progress=lambda what, host: self.said.append((what, host)),
            stage=SimpleNamespace(target=self.target, fleet={}),
            clients=None,
        )
        served: Any = SimpleNamespace(
            calm_s=2.2, until_calm=lambda _since, within, **_: self.waited.append(within)
        )
        nobody: Any = None
        component: Any = SimpleNamespace(name="galera")
        hit = self.target.hosts[:hosts]
        faults = tuple(Fault("kill it", host.name, (), (), (), proved) for host in hit)
        told: Any = Act(rig, nobody, served, component, case)._endure(faults, hit, self.clock())  # noqa: SLF001 - its one step
        return told


@pytest.fixture
def scene(target: Target) -> Scene:
    return Scene(target)


CASE = story().fault_case


def test_faults_of_several_hosts_are_made_before_any_is_undone(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = scene.endure(CASE, monkeypatch, hosts=2)
    assert scene.injector.did == [
        "made on database-1", "made on database-2", "undone on database-2", "undone on database-1"
    ]  # fmt: skip
    assert [host.name for host in seen.victims] == ["database-1", "database-2"]
    assert seen.making_s == pytest.approx(1.0), "from the first to the last"
    assert scene.said[0] == (
        "galera/writer_killed: kill it on database-1; kill it on database-2, 0.0 s into the baseline",
        None,
    )


def test_a_fault_lasts_until_clients_are_served_and_at_least_as_long_as_it_says(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = scene.endure(replace(CASE, held_s=15.0), monkeypatch, hosts=1)
    assert seen.undone - seen.fault == pytest.approx(15.0)
    assert scene.waited == [BUDGET_S + 6.0]
    assert scene.said[0][1] == "database-1"


def test_a_host_that_hangs_does_so_until_it_must_be_out_of_use(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = scene.endure(CASE, monkeypatch, hosts=1, unsteady_s=28.0)
    assert seen.undone - seen.fault == pytest.approx(28.0)
    assert scene.waited == [BUDGET_S + 28.0 + 6.0]


def test_where_nobody_can_serve_nobody_is_waited_for(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = scene.endure(replace(CASE, held_s=10.0, total=True), monkeypatch, hosts=2)
    assert seen.undone - seen.fault == pytest.approx(10.0)
    assert scene.waited == []


def test_what_must_hold_meanwhile_is_asked_of_whom_was_hit(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []

    def refuses(away: Away) -> Observation:
        asked.append(away.victims)
        return Observation(holds=True, seen="it refuses")

    seen = scene.endure(replace(CASE, meanwhile=refuses), monkeypatch, hosts=2)
    assert asked == [("database-1", "database-2")]
    assert seen.notes == ("it refuses",)


def test_what_breaks_meanwhile_leaves_no_fault(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_: Away) -> Observation:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scene.endure(replace(CASE, meanwhile=breaks), monkeypatch, hosts=2)
    assert scene.injector.did[2:] == ["undone on database-2", "undone on database-1"]
