"""Which host connects to which: from what roles declare, and no port that is shared is left out."""

import pytest
from stage_sample import OPENSTACK, WHOLE, blueprint, drafted, with_planes

from stages import roles
from stages.design.blueprint import Colour
from stages.design.ports import Port
from stages.design.reaching import Reach, reaches

# Ports at which programs listen without being told to.
DEFAULTS = {4567, 4568, 4444, 4369}


def pairs(stage: str, source: str) -> set[tuple[str, int]]:
    """The roles and ports that a host connects to."""
    drawn = blueprint(stage)
    return {(drawn.host(one.target).role, one.port) for one in reaches(drawn) if one.source == source}


@pytest.mark.parametrize(
    ("host", "wanted", "never"),
    [
        (
            "database-1",
            {("database", 4567), ("database", 9200), ("loadbalancer", 8405)},
            {("database", 3306)},
        ),
        (
            "loadbalancer-1",
            {("database", 3306), ("database", 9200), ("identity", 5000)},
            {("database", 4567)},
        ),
        ("identity-blue-1", {("loadbalancer", 3306), ("identity", 11211)}, {("database", 3306)}),
    ],
)
def test_members_reach_members_and_clients_the_load_balancers(
    host: str, wanted: set[tuple[str, int]], never: set[tuple[str, int]]
) -> None:
    found = pairs("prod", host)
    assert wanted <= found
    assert not never & found


def test_a_compute_host_reaches_what_it_uses_by_way_of_others_but_no_database() -> None:
    found = pairs(f"{WHOLE}staging", "compute-1")
    assert {("messaging", 5672), ("ovn", 6642), ("loadbalancer", 5000), ("loadbalancer", 9292)} <= found
    assert not found & {("loadbalancer", 3306), ("ovn", 6641), ("database", 3306), ("coordination", 6379)}


def test_each_is_there_once_with_the_address_and_none_goes_to_itself() -> None:
    drawn = blueprint()
    found = reaches(drawn)
    assert len({(one.source, one.target, one.port) for one in found}) == len(found)
    assert all(one.source != one.target and one.address == drawn.host(one.target).address for one in found)
    wanted = Reach("database-1", "database-2", drawn.host("database-2").address, 4567, "replication")
    assert wanted in found


def test_a_stage_without_load_balancers_has_no_clients_of_them() -> None:
    drawn = blueprint("dev")
    alone = drawn.having([host.name for host in drawn.hosts if host.role != "loadbalancer"])
    assert not [one for one in reaches(alone) if one.target.startswith("loadbalancer")]


def test_no_host_of_a_colour_connects_to_one_of_the_other_and_all_else_stays_as_it_is() -> None:
    drawn = blueprint(f"{WHOLE}prod")
    releases = dict.fromkeys(Colour, OPENSTACK)
    both, alone = (with_planes(drawn, some) for some in (releases, {Colour.BLUE: OPENSTACK}))
    colours = {host.name: host.colour for host in both.hosts}
    found = reaches(both)
    assert [one for one in found if len({colours[one.source], colours[one.target]} - {None}) > 1] == []
    assert {one for one in found if Colour.GREEN not in {colours[one.source], colours[one.target]}} == {
        *reaches(alone)
    }
    green = {(one.source, one.target) for one in found if one.port == Port.MEMCACHED}
    assert ("identity-green-1", "identity-green-2") in green
    assert ("loadbalancer-1", "image-green-1") in {(one.source, one.target) for one in found}


def test_every_port_with_a_name_is_declared_by_the_role_that_listens() -> None:
    loaded = [roles.load(name) for name in roles.ROLES]
    declared = {port.port for role in loaded for port in role.listens}
    declared |= {port for role in loaded for one in role.services for port in (one.port, one.health_port)}
    own = {Port.DEPENDENCY_CHECK}  # asked on its own host only
    assert set(Port) - own <= declared


@pytest.mark.parametrize("name", roles.ROLES)
def test_what_a_role_declares_is_in_its_files_and_of_roles_that_there_are(name: str) -> None:
    role = roles.load(name)
    assert all(user in roles.ROLES for port in role.listens for user in port.users or ())
    numbers = {port.port for port in role.listens} - DEFAULTS
    draft = drafted(f"{WHOLE}staging")
    hosts = draft.blueprint.everywhere(name)
    if hosts:  # MongoDB's stands in no stage
        text = "".join(file.content for file in draft.manifests[hosts[0].name].files)
        assert {number for number in numbers if str(number) not in text} == set()
