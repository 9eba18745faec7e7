"""What a host more, or one less, of each role does to the units of the hosts that stay: all of it."""

from collections.abc import Mapping
from functools import cache

import pytest
from stage_sample import OPENSTACK, blueprint, with_planes

from stages.design import steady
from stages.design.blueprint import Blueprint, Colour
from stages.design.manifest import File, Manifest

Restarts = Mapping[str, Mapping[str, str]]  # by role and unit of the hosts that stay: restart or reload

# A load balancer learns of its servers, and keepalived of its peers; a reload cuts no connection.
SERVERS: Restarts = {"loadbalancer": {"haproxy.service": "reload"}}
BALANCERS: Restarts = {"loadbalancer": {"keepalived.service": "reload"}}
# What writes to OVN's leader must know every member that may be it, and can only be told at its start.
OVN: Restarts = {
    "ovn": {"ovn-northd.service": "restart"},
    "network-api": dict.fromkeys(
        (
            "neutron-api.service",
            "neutron-rpc-server.service",
            "neutron-periodic-workers.service",
            "neutron-ovn-maintenance-worker.service",
        ),
        "restart",
    ),
}
# Keystone's caches are on its first two hosts, and on all hosts the same.
CACHES: Restarts = {"identity": {"keystone.service": "restart"}}

MORE: Mapping[str, Restarts] = {
    "loadbalancer": BALANCERS,
    "database": SERVERS,
    "messaging": {},
    "coordination": {},
    "ovn": OVN,
    "identity": SERVERS,
    "image": SERVERS,
    "compute-api": SERVERS,
    "network-api": SERVERS,
    "volume-api": SERVERS,
    "compute": {},
}
LESS: Mapping[str, Restarts] = {**MORE, "identity": {**SERVERS, **CACHES}}

# Whoever knows one broker (one Sentinel, one database of OVN) only would be lost with it.
CHECK = {"dependency-check.service": "restart"}
KNEW_ONE: Mapping[str, Restarts] = {
    "messaging": {
        "compute-api": CHECK
        | dict.fromkeys(("nova-api.service", "nova-metadata.service"), "restart")
        | dict.fromkeys(("nova-conductor.service", "nova-scheduler.service"), "restart"),
        "network-api": CHECK | OVN["network-api"],
        "volume-api": CHECK | dict.fromkeys(("cinder-api.service", "cinder-scheduler.service"), "restart"),
        "compute": {"nova-compute.service": "restart"},
    },
    "coordination": {
        "volume-api": CHECK | dict.fromkeys(("cinder-api.service", "cinder-scheduler.service"), "restart"),
    },
    "ovn": {**OVN, "network-api": CHECK | OVN["network-api"]},
    "identity": {**SERVERS, **CACHES},
}


def with_count(drawn: Blueprint, role: str, count: int) -> Blueprint:
    """The stage with so many hosts of the role."""
    return with_planes(drawn, {Colour.BLUE: OPENSTACK}, {role: count})


@cache
def manifests(stage: str, role: str, count: int) -> dict[str, Manifest]:
    drawn = with_count(blueprint(stage), role, count)
    return {host.name: steady.manifest(drawn, host) for host in drawn.hosts}


def restarts(stage: str, role: str, before: int, after: int) -> dict[str, dict[str, str]]:
    """What the applier does to the units of hosts that stay; on all hosts of a role it is the same."""
    old, new = manifests(stage, role, before), manifests(stage, role, after)
    drawn = with_count(blueprint(stage), role, max(before, after))
    found: dict[str, dict[str, str]] = {}
    for name in old.keys() & new.keys():
        done = changed_units(old[name], new[name])
        assert found.setdefault(drawn.host(name).role, done) == done, name
    return {name: units for name, units in found.items() if units}


def changed_units(old: Manifest, new: Manifest) -> dict[str, str]:
    """By unit: what `Units.unit` of the applier does if it runs."""
    before, after = ({file.path: file for file in made.files} for made in (old, new))
    assert [unit.name for unit in old.units] == [unit.name for unit in new.units]

    def differ(paths: tuple[str, ...], *, steadily: bool) -> bool:
        return any(read(before.get(path), steadily) != read(after.get(path), steadily) for path in paths)

    return {
        unit.name: "restart" if differ(unit.restart_on, steadily=True) else "reload"
        for unit in new.units
        if differ(unit.restart_on, steadily=True) or differ(unit.reload_on, steadily=False)
    }


def read(file: File | None, steadily: bool) -> str | None:  # noqa: FBT001 - which of two texts
    if file is None:
        return None
    return file.steady if steadily and file.steady is not None else file.content


def test_every_role_that_can_have_more_hosts_is_in_the_table() -> None:
    drawn = blueprint("whole-staging")
    assert set(MORE) == set(LESS) == set(drawn.roles) - {"object-store"}  # one host, one copy


@pytest.mark.parametrize("role", MORE)
def test_a_new_host_restarts_nobody_but(role: str) -> None:
    count = len(blueprint("whole-staging").everywhere(role))
    assert restarts("whole-staging", role, count, count + 1) == MORE[role]


@pytest.mark.parametrize("role", LESS)
def test_a_host_that_goes_restarts_nobody_but(role: str) -> None:
    count = len(blueprint("whole-staging").everywhere(role))
    assert restarts("whole-staging", role, count, count - 1) == LESS[role]


@pytest.mark.parametrize(("role", "wanted"), (MORE | KNEW_ONE).items())
def test_where_there_was_one_host_those_that_would_be_lost_with_it_are_restarted(
    role: str, wanted: Restarts
) -> None:
    assert restarts("whole-dev", role, 1, 3) == wanted


def test_what_is_written_names_every_host_whatever_restarts_compare() -> None:
    drawn = blueprint("whole-staging")
    for host in drawn.hosts:
        bare = drawn.roles[host.role].manifest(drawn, host)
        made = steady.manifest(drawn, host)
        assert [(file.path, file.content) for file in made.files] == [
            (file.path, file.content) for file in bare.files
        ]
        assert made.commands == bare.commands


@pytest.mark.parametrize("stage", ["whole-dev", "whole-staging"])
def test_a_file_whose_every_change_restarts_is_one_of_its_role(stage: str) -> None:
    drawn = blueprint(stage)
    for host in drawn.hosts:
        paths = {file.path for file in drawn.roles[host.role].manifest(drawn, host).files}
        assert set(drawn.roles[host.role].peer_files) <= paths
