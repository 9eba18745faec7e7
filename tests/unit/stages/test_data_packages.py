"""Hosts with data get no image in which the package that owns their data is of another version series."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from stage_sample import OLD_IMAGE, all_well, altered, blueprint, but, ids, planned, wanted

from stages import roles
from stages.design.data_package import DataPackage
from stages.planning.data_packages import ADVICE, unreadable
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.order import make
from stages.planning.redeploying import make as redeployed
from stages.planning.steps import Plan

STAGE = "whole-prod"
ROLES = {name: roles.load(name) for name in roles.ROLES}
OWNERS = {name: role.data_package for name, role in ROLES.items() if role.data_package is not None}
# By role: what Debian 12 has, a later fix of it, and what comes next.
VERSIONS = {
    "database": ("1:10.11.14-0+deb12u2", "1:10.11.18-0+deb12u1", "1:11.8.3-0+deb13u1"),
    "messaging": ("3.10.8-1.1+deb12u1", "3.10.25-1", "4.0.5-8"),
    "coordination": ("5:7.0.15-1~deb12u5", "5:7.0.18-1~deb12u1", "5:8.0.2-3"),
    "ovn": ("23.03.1-1~deb12u3", "23.03.2-1", "25.03.0-1"),
    "object-store": ("2.30.1-0+deb12u1", "2.35.0-4", "3.0.0-1"),
}
STANDING = tuple(role for role in VERSIONS if blueprint(STAGE).everywhere(role))


def hosts(role: str) -> list[str]:
    return [host.name for host in blueprint(STAGE).everywhere(role)]


def standing(role: str, version: str | None) -> Observed:
    """All hosts of the stage have an older image; those of the role have this version, if they tell one."""
    observed = altered(all_well(STAGE), *all_well(STAGE).hosts, image=OLD_IMAGE)
    told = {} if version is None else {OWNERS[role].name: version}
    return altered(observed, *hosts(role), packages=told)


def plan(observed: Observed, image: Mapping[str, str]) -> Plan:
    return planned(observed, STAGE, replace(wanted(STAGE), packages=image))


def image(role: str, version: str) -> dict[str, str]:
    return {OWNERS[role].name: version, "haproxy": "3.2.5-1"}


def test_each_role_that_keeps_data_says_which_package_owns_them() -> None:
    without = {name for name, role in ROLES.items() if role.keeps and role.data_package is None}
    assert without == {"compute"}, "it keeps the names by which others know the host: text of our own"
    assert not {name for name in OWNERS if not ROLES[name].keeps}
    for name, owner in OWNERS.items():
        named = (ROLES[name].folder / "debian.txt").read_text().split()
        assert owner.name in named or ROLES[name].unproven, f"no image tells the version of {owner.name}"
    assert set(VERSIONS) == {name for name in OWNERS if not ROLES[name].unproven}


@pytest.mark.parametrize("role", STANDING)
def test_a_newer_series_is_refused_and_so_is_an_older_one(role: str) -> None:
    old, _, new = VERSIONS[role]
    for has, gets in ((old, new), (new, old)):
        made = plan(standing(role, has), image(role, gets))
        assert made.steps == ()
        (reason,) = made.refusals
        assert reason.startswith(f"{role}: the image has {OWNERS[role].name} {gets}, and ")
        assert f"{', '.join(hosts(role))} data of {has}: " in reason
        assert reason.endswith(f"(next: {ADVICE})")


@pytest.mark.parametrize("role", STANDING)
def test_a_fix_of_the_same_series_replaces_hosts_and_so_does_its_rollback(role: str) -> None:
    old, fixed, _ = VERSIONS[role]
    for has, gets in ((old, fixed), (fixed, old), (old, old)):
        made = plan(standing(role, has), image(role, gets))
        assert made.refusals == ()
        assert {f"host/{name}" for name in hosts(role)} <= set(ids(made))


@pytest.mark.parametrize("role", STANDING)
def test_what_an_older_image_does_not_tell_refuses_nothing(role: str) -> None:
    old, _, new = VERSIONS[role]
    for observed, packages in ((standing(role, None), image(role, new)), (standing(role, old), {})):
        assert plan(observed, packages).refusals == ()


def test_all_roles_concerned_are_refused_at_once() -> None:
    observed = altered(
        standing("ovn", "23.03.1-1"), *hosts("database"), packages=image("database", "1:10.11.1")
    )
    made = plan(observed, image("database", "1:11.4.2") | image("ovn", "24.03.1"))
    assert sorted(reason.partition(":")[0] for reason in made.refusals) == ["database", "ovn"]


STOPPED = HostSeen(State.STOPPED, OLD_IMAGE, "2026.1", packages={"rabbitmq-server": "3.10.8-1"})
SILENT = replace(STOPPED, state=State.SILENT, why="no result")


@pytest.mark.parametrize("lost", [None, STOPPED, SILENT])
def test_a_new_member_of_another_series_than_its_peers_is_refused(lost: HostSeen | None) -> None:
    """The others have the image to deploy, and yet another version: somebody changed it on the machine."""
    well = altered(all_well(STAGE), "messaging-2", "messaging-3", packages={"rabbitmq-server": "3.10.8-1"})
    made = plan(but(well, messaging_1=lost), {"rabbitmq-server": "4.0.5-8"})
    assert made.steps == ()
    (reason,) = made.refusals
    assert "messaging-2, messaging-3 data of 3.10.8-1" in reason


def test_hosts_of_which_none_is_made_are_left_alone_whatever_they_have() -> None:
    changed = altered(all_well(STAGE), *hosts("messaging"), packages={"rabbitmq-server": "4.0.5-8"})
    assert plan(changed, {"rabbitmq-server": "3.10.8-1"}) == Plan((), ())


def test_a_cluster_of_two_series_gets_a_new_member_of_neither() -> None:
    mixed = altered(standing("messaging", "3.10.8-1"), "messaging-2", packages={"rabbitmq-server": "4.0.5-8"})
    for version, refused in (
        ("4.0.6-1", "messaging-1, messaging-3 data of 3.10.8-1"),
        ("3.10.9-1", "4.0.5-8"),
    ):
        (reason,) = plan(mixed, {"rabbitmq-server": version}).refusals
        assert refused in reason


def test_a_redeployed_host_is_compared_with_its_peers_and_not_with_data_that_go_with_it() -> None:
    what = replace(wanted(STAGE), packages={"rabbitmq-server": "4.0.5-8"})
    well = altered(all_well(STAGE), *hosts("messaging"), packages={"rabbitmq-server": "3.10.8-1"})
    (reason,) = redeployed(blueprint(STAGE), well, what, "messaging-1", "r" * 64).refusals
    assert "messaging-2, messaging-3 data of" in reason
    alone = altered(all_well(STAGE), "messaging-1", packages={"rabbitmq-server": "3.10.8-1"})
    assert redeployed(blueprint(STAGE), alone, what, "messaging-1", "r" * 64).refusals == ()


def test_a_redeployed_host_that_keeps_its_data_is_compared_with_itself() -> None:
    drawn = blueprint(STAGE)
    (name,) = hosts("object-store")
    well = altered(all_well(STAGE), name, packages={"swift-object": "2.30.1-0"})
    what = replace(wanted(STAGE), packages={"swift-object": "3.0.0-1"})
    (reason,) = redeployed(drawn, well, what, name, "r" * 64).refusals
    assert f"{name} data of 2.30.1-0" in reason


def test_a_new_stage_has_no_data() -> None:
    made = make(
        blueprint(STAGE),
        Observed(gateway=False, hosts={}),
        replace(wanted(STAGE), packages={"rabbitmq-server": "4"}),
    )
    assert made.refusals == ()


def test_only_the_roles_asked_about_are_judged() -> None:
    has = {name: {"rabbitmq-server": "3.10.8-1"} for name in hosts("messaging")}
    assert unreadable(blueprint(STAGE), ["database"], has, {"rabbitmq-server": "4.0.5-8"}) == ()
    assert len(unreadable(blueprint(STAGE), ["messaging"], has, {"rabbitmq-server": "4.0.5-8"})) == 1


@pytest.mark.parametrize(
    ("numbers", "version", "series"),
    [
        (2, "1:10.11.14-0+deb12u2", "10.11"),
        (2, "3.10.8-1.1+deb12u1", "3.10"),
        (2, "23.03.1-1~deb12u3", "23.03"),
        (1, "2.30.1-0+deb12u1", "2"),
        (2, "4", "4"),
        (2, "4.0~rc1-1", "4.0"),
        (2, "10.1.2", "10.1"),
        (2, "git20260101", "git20260101"),
    ],
)
def test_a_series_is_the_first_numbers_of_the_upstream_version(
    numbers: int, version: str, series: str
) -> None:
    assert DataPackage("any", numbers).series(version) == series
