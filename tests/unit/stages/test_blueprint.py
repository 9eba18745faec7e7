"""Names and addresses follow from site, stage, role and colour, and no two things share one."""

from dataclasses import replace
from hashlib import sha256
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_sample import DATABASES, blueprint, drafted

from stages import roles
from stages.config.roles import count_problem
from stages.design.blueprint import PREVIEWS, Colour, Host, Tier
from stages.design.planes import (
    BLUE_START,
    GREEN_START,
    OUTSIDE_START,
    SHARED_START,
    SLOT_SIZE,
    network,
    planes,
)

ROLES = {name: roles.load(name) for name in roles.ROLES}
SITES = st.text("0123456789abcdef", min_size=6, max_size=6)


def hosts(counts: dict[str, int], colour: Colour, net: str) -> list[Host]:
    return [host for plane in planes(counts, ROLES, net, {colour: ""}, outside="") for host in plane.hosts]


@pytest.mark.parametrize(
    ("stage", "names"),
    [
        ("dev", ("loadbalancer-1", "database-1", "identity-blue-1")),
        ("prod", ("loadbalancer-1", "loadbalancer-2", *DATABASES, "identity-blue-1", "identity-blue-2")),
    ],
)
def test_hosts_are_named_by_role_colour_and_number(stage: str, names: tuple[str, ...]) -> None:
    assert tuple(host.name for host in blueprint(stage).hosts) == names


@given(SITES, st.integers(min_value=0, max_value=15))
def test_all_addresses_differ_and_lie_in_the_stages_network(site: str, position: int) -> None:
    net = network(site, position)
    counts = {"loadbalancer": 3, "database": 7, "identity": 8}
    blue, green = (hosts(counts, colour, net) for colour in Colour)
    drawn = replace(blueprint(), network=net)
    shared = [host for host in green if host.tier is Tier.SHARED]
    assert set(shared) <= set(blue), "shared hosts have no colour"
    taken = [host.address for host in (*blue, *green) if host not in shared]
    taken += [drawn.vip, drawn.operator, *(drawn.address(last) for last in PREVIEWS.values())]
    assert len(set(taken)) == len(taken)
    inside = ip_network(net)
    assert all(ip_address(address) in inside for address in taken)
    assert inside.is_private


@given(SITES)
def test_the_stages_of_a_site_have_networks_of_their_own(site: str) -> None:
    assert len({network(site, position) for position in range(16)}) == 16


def test_no_stage_is_in_the_network_that_podman_keeps_for_itself() -> None:
    podmans = ip_network("10.88.0.0/16")
    sites = [f"{number:06x}" for number in range(2000)]
    assert len({sha256(site.encode()).digest()[0] % 128 for site in sites}) == 128, "all are tried"
    assert not [site for site in sites if ip_network(network(site, 0)).subnet_of(podmans)]


def test_two_sites_share_no_network_and_no_address() -> None:
    one, other = drafted("prod", "3fa2c1").blueprint, drafted("prod", "77ab01").blueprint
    assert one.network != other.network
    assert not {host.address for host in one.hosts} & {host.address for host in other.hosts}
    assert [host.name for host in one.hosts] == [host.name for host in other.hosts]


@pytest.mark.parametrize("name", roles.ROLES)
def test_a_roles_addresses_stay_in_its_slot_and_its_tier(name: str) -> None:
    role = ROLES[name]
    assert count_problem(name, SLOT_SIZE + 1) is not None
    room = {
        Tier.SHARED: OUTSIDE_START - SHARED_START,
        Tier.OUTSIDE: BLUE_START - OUTSIDE_START,
        Tier.COLOURED: GREEN_START - BLUE_START,
    }
    assert (role.slot + 1) * SLOT_SIZE <= room[role.tier]


def test_a_host_that_is_not_there_is_asked_for_in_vain() -> None:
    assert blueprint().host("database-2").number == 2
    with pytest.raises(KeyError, match="database-9"):
        blueprint().host("database-9")
    assert blueprint().everywhere("messaging") == ()


def test_one_more_host_moves_no_other() -> None:
    net = network("3fa2c1", 0)
    few = hosts({"loadbalancer": 1, "database": 3}, Colour.BLUE, net)
    more = hosts({"identity": 1, "database": 3, "loadbalancer": 2}, Colour.BLUE, net)
    assert set(few) <= set(more)
