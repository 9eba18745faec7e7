"""Faults of several hosts at once, those that leave nobody, and services that live and are no good."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from storied import CLEAN, END, FAULT, UNDONE, back_until, seen, story, without
from suites_sample import FakeHost, Read
from traced import beats

from suites.components.galera import rows
from suites.components.ovn.component import leading
from suites.components.redis import keys
from suites.components.redis.keys import refused
from suites.errors import FaultRefused
from suites.failover.analysis.measures import Verdict
from suites.failover.judging import judge
from suites.failover.marks import Holding
from suites.failover.stage import Place, Stage
from suites.failover.story import Story
from suites.failover.victims import chosen
from suites.faults import fault as faults
from suites.faults.away import Away
from suites.faults.fault_case import FaultCase, Scene, Strike
from suites.faults.full import fill_with_files
from suites.faults.guard import Quorum, reaching
from suites.faults.half_alive import hang, slow
from suites.hosts.host import Output
from suites.hosts.reading import Observation
from suites.probes.spec import Kind
from suites.probes.trace import Window
from suites.seam.target import Target, TargetHost


@pytest.fixture
def target(read: Read, target_document: dict[str, Any]) -> Target:
    (first, *_) = target_document["hosts"]
    hosts = {
        "identity-1": ["keystone", "memcached"],
        "identity-2": ["keystone", "memcached"],
        "balancer-1": ["haproxy"],
        "balancer-2": ["haproxy"],
    }
    target_document["hosts"] = [
        {**first, "name": name, "components": carried, "network": ["sh", "-c", "enter", name]}
        for name, carried in hosts.items()
    ]
    return read(target_document)


class Components:
    """A stage whose components have a quorum each, and of which everything is healthy."""

    def __init__(self, target: Target, quorums: Mapping[str, Quorum]) -> None:
        self.target = target
        self.fleet: Mapping[str, Any] = {host.name: FakeHost(host.name) for host in target.hosts}
        components: Any = [SimpleNamespace(name=name, quorum=quorum) for name, quorum in quorums.items()]
        self.components = components
        self.places = Stage(target, self.fleet, tuple(components)).places

    def health(self, places: list[Place]) -> Mapping[Place, Observation]:
        return {place: Observation(holds=True, seen="well") for place in places}


def blows(target: Target, case: FaultCase, component: str = "memcached") -> list[str]:
    stage: Any = Components(target, dict.fromkeys(("keystone", "memcached", "haproxy"), Quorum.ONE))
    scene = Scene(target, target.carrying(component), "balancer-2", None, Random(7), fleet=stage.fleet)  # noqa: S311 - no secret
    named: Any = SimpleNamespace(name=component)
    return [host.name for _, host in chosen(stage, named, case, scene)]


def stopping(target: Target, host: TargetHost) -> faults.Fault:
    return faults.stop(target, host, "memcached.service")


ALL = FaultCase(
    "all", stopping, Scene.any, (Kind.ISSUE,), takes=frozenset({"memcached"}), also=(Strike(stopping),)
)


def test_all_hosts_of_a_component_are_hit_where_the_fault_takes_nothing_else_from_them(
    target: Target,
) -> None:
    hit = blows(target, replace(ALL, hits=frozenset({"memcached"})))
    assert sorted(hit) == ["identity-1", "identity-2"]


def test_what_would_take_all_hosts_of_another_component_is_refused(target: Target) -> None:
    with pytest.raises(FaultRefused, match="0 of 2 hosts of keystone would be left"):
        blows(target, ALL)


def test_a_second_fault_may_hit_another_component(target: Target) -> None:
    case = replace(ALL, also=(Strike(faults.lose, lambda scene, _: (scene.holding(),)),))
    assert blows(target, case)[1:] == ["balancer-2"]


def test_a_fault_of_all_hosts_needs_another_host(target: Target) -> None:
    alone = replace(target, hosts=target.hosts[1:3])
    with pytest.raises(FaultRefused, match="there is no other host to hit, too"):
        blows(alone, replace(ALL, hits=frozenset({"memcached"})))


def test_a_victim_that_only_the_hosts_know_is_the_one_of_which_it_holds(target: Target) -> None:
    fleet: Any = {host.name: FakeHost(host.name) for host in target.hosts}
    scene = Scene(target, target.hosts[:2], None, None, Random(7), fleet=fleet)  # noqa: S311 - no secret
    assert scene.where("leads", lambda host: host.name == "identity-2").name == "identity-2"
    for several in (True, False):
        with pytest.raises(LookupError, match="no host of the component leads"):
            scene.where("leads", lambda _, several=several: several)


def test_the_leader_of_the_southbound_database_is_asked_for(target: Target) -> None:
    said = {"identity-1": "follower", "identity-2": "leader"}
    parts = "== {name}\nName: {name}\nRole: {role}\n"
    fleet: Any = {
        name: FakeHost(
            name,
            output=Output(
                0,
                parts.format(name="OVN_Northbound", role="leader")
                + parts.format(name="OVN_Southbound", role=role),
                "",
            ),
        )
        for name, role in said.items()
    }
    assert leading(Scene(target, target.hosts[:2], None, None, Random(7), fleet=fleet)).name == "identity-2"  # noqa: S311 - no secret


def test_who_is_left_is_who_was_not_hit(target: Target) -> None:
    fleet: Any = {host.name: FakeHost(host.name) for host in target.hosts}
    clients: Any = None
    away = Away(target, fleet, clients, ("identity-1",))
    assert away.victim.name == "identity-1"
    assert [host.name for host in away.left("keystone")] == ["identity-2"]


def test_the_new_faults_act_on_their_host_alone(target: Target) -> None:
    host = target.hosts[0]
    made = (
        hang(target, host, "keystone.service", 5000),
        slow(target, host, "keystone.service"),
        fill_with_files(target, host, "mariadb.service", "/var/lib/mysql", "echo room"),
    )
    assert [reaching(one, target) for one in made] == [None] * len(made)


def test_an_api_hangs_if_it_stands_still_and_its_port_takes_connections(target: Target) -> None:
    hung = hang(target, target.hosts[0], "keystone.service", 5000)
    assert hung.took_effect("Ss\ntakes", "Ts\ntakes").holds
    assert not hung.took_effect("Ss\ntakes", "Ss\ntakes").holds
    assert not hung.took_effect("Ts\ntakes", "Ts\ntakes").holds, "it stood still before"
    refusing = hung.took_effect("Ss\ntakes", "Ts\nrefuses")
    assert (refusing.holds, refusing.seen) == (
        False,
        "the process of keystone.service is in state Ts, its port refuses connections",
    )
    assert not hung.took_effect("Ss\ntakes", "").holds


def test_a_unit_is_slow_if_it_stands_still_now_and_then(target: Target) -> None:
    slowed = slow(target, target.hosts[0], "keystone.service")
    assert slowed.took_effect("Ss\nSs\n", "Ts\nTs\nSs\n").holds
    for before, after in (("Ss", "Ss\nSs"), ("Ss", "Ts\nTs"), ("Ts", "Ts\nSs"), ("", "Ts\nSs"), ("Ss", "")):
        assert not slowed.took_effect(before, after).holds
    (undo,) = slowed.undo
    assert undo[-1].endswith(
        "systemctl kill --signal=CONT keystone.service; systemctl start keystone.service"
    )


def test_a_directory_full_of_files_has_a_mount_with_few_and_room_left(target: Target) -> None:
    full = fill_with_files(target, target.hosts[0], "mariadb.service", "/var/lib/mysql", "echo room")
    (prepare,), (inject,) = full.prepare, full.inject
    assert "m,nr_inodes=$(($(find /var/lib/mysql | wc -l) + 64)) stagegate-full" in prepare[-1]
    assert "findmnt" in inject[-1], "never on the machine's own disk"
    assert "--output=iavail" in inject[-1]
    assert full.took_effect("room", "ERROR 1005: Can't create table (errno: 28)").holds


def test_a_master_refuses_a_key_only_by_saying_that_it_lacks_replicas() -> None:
    assert refused("a", Output(1, "NOREPLICAS Not enough good replicas to write.\n\n", "")).holds
    assert not refused("a", Output(0, "OK\n", "")).holds
    assert not refused("a", Output(124, "", "")).holds


def total(gap: float, *, before_undo: bool = False) -> Story:
    """Nobody serves from the fault to the undo at 110, and for so long beyond it."""
    case = replace(story().fault_case, total=True, held_s=6.0)
    served = [*beats(100.0, FAULT), *without(FAULT, UNDONE + gap), *beats(UNDONE + gap - 0.05, END + 5)]
    middle = beats(FAULT + 2.5, FAULT + 4.0) if before_undo else []
    trace = replace(seen(sorted([*served, *middle], key=lambda one: one.end)), until=END + 5)
    return story(
        fault_case=case, traces=(trace,), mending=Window(UNDONE - 2.0, UNDONE, END + 5), writes=CLEAN
    )


def test_where_nobody_can_serve_the_budget_counts_from_the_undo() -> None:
    within = judge(total(3.9))
    assert (within.verdict, within.why) == (Verdict.PASSED, ())
    beyond = judge(total(4.2))
    assert beyond.verdict is Verdict.FAILED
    assert "nothing succeeded for 10.20 s; the budget is 10.05 s" in beyond.seen


def test_a_fault_that_should_leave_nobody_and_left_somebody_did_not_bite() -> None:
    somebody = judge(total(1.0, before_undo=True))
    assert (somebody.verdict, somebody.final) == (Verdict.INCONCLUSIVE, True)
    assert "the fault did not bite: nothing was missing for more than" in somebody.seen


def test_a_total_fault_says_how_long_it_lasts() -> None:
    with pytest.raises(ValueError, match="nobody serves until the undo"):
        replace(story().fault_case, total=True)


BOTH = (Holding(100.0, "a"), Holding(FAULT + 0.5, "a, b"))


@pytest.mark.parametrize(
    ("holdings", "verdict", "words"),
    [
        ((*BOTH, Holding(UNDONE + 0.3, "a")), Verdict.PASSED, "longest gap"),
        (BOTH, Verdict.FAILED, "not exactly one holder of the VIP 4 s after the undo"),
        ((Holding(100.0, "a"),), Verdict.INCONCLUSIVE, "no two hosts held the VIP"),
    ],
)
def test_load_balancers_that_were_parted_agree_after_the_undo(
    holdings: tuple[Holding, ...], verdict: Verdict, words: str
) -> None:
    case = replace(story().fault_case, parts_vip=True)
    judged = judge(story(fault_case=case, holdings=holdings, traces=(seen(back_until(END)),)))
    assert (judged.verdict, judged.final) == (verdict, True)
    assert words in judged.seen


def away(target: Target, **said: str) -> Away:
    """Identity-1 was hit; each host answers every script with what it says."""
    fleet: Any = {
        host.name: FakeHost(host.name, output=Output(0, said.get(host.name.replace("-", "_"), ""), ""))
        for host in target.hosts
    }
    clients: Any = None
    return Away(target, fleet, clients, ("identity-1",))


def as_cluster(target: Target, component: str) -> Target:
    """The same hosts, all of them with this component."""
    return replace(target, hosts=tuple(replace(host, components=(component,)) for host in target.hosts))


def test_what_is_left_of_the_databases_must_each_have_a_row(target: Target) -> None:
    cluster = as_cluster(target, "galera")
    everywhere = dict.fromkeys(("identity_2", "balancer_1", "balancer_2"), "1\n")
    assert rows.written_without(away(cluster, **everywhere)).holds
    missing = rows.written_without(away(cluster, **(everywhere | {"balancer_2": "0\n"})))
    assert (missing.holds, missing.seen) == (False, "the row is not on balancer-2")


@pytest.mark.parametrize(("acknowledged", "holds"), [("2\n", True), ("1\n", False)])
def test_every_replica_that_is_left_must_acknowledge_a_key(
    monkeypatch: pytest.MonkeyPatch, target: Target, acknowledged: str, *, holds: bool
) -> None:
    def role(host: FakeHost) -> SimpleNamespace:
        return SimpleNamespace(role="master" if host.name == "balancer-1" else "slave")

    monkeypatch.setattr(keys, "read", role)
    seen = keys.written_without(away(as_cluster(target, "redis"), balancer_1=acknowledged))
    assert seen.holds is holds
    assert seen.seen.endswith("of 2 replicas acknowledged a key of balancer-1")
