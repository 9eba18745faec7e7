"""What a host's image matters to it: all of it where OpenStack runs, elsewhere what it has besides."""

from dataclasses import replace

import pytest
from stage_sample import IMAGE, OLD_IMAGE, all_well, altered, blueprint, but, ids, planned, step, wanted

from stages import roles
from stages.design.blueprint import Tier
from stages.openstack.software import BIN
from stages.planning.actions import BuildImage, CreateHost
from stages.planning.observed import HostSeen, Observed, State

STAGE = "whole-prod"
WELL = all_well(STAGE)
ROLES = {name: roles.load(name) for name in roles.ROLES}
WITHOUT = [host.name for host in blueprint(STAGE).hosts if not ROLES[host.role].uses_openstack]


def standing(base: str, openstack: str = "2026.1") -> Observed:
    """The stage with an older image on all hosts that run no OpenStack, of this base and release."""
    return altered(WELL, *WITHOUT, image=OLD_IMAGE, base=base, openstack=openstack)


def test_another_openstack_release_replaces_no_host_that_runs_none() -> None:
    desired = replace(wanted(STAGE), base="b1")
    assert {"database-1", "messaging-1", "loadbalancer-1", "ovn-1"} <= set(WITHOUT)
    assert planned(standing("b1", "2025.2"), STAGE, desired).steps == ()


def test_the_same_image_for_all_is_not_needed_where_it_is_not_built_yet() -> None:
    desired = replace(wanted(STAGE, None, build=True), recorded=False, base="b1")
    plan = planned(standing("b1"), STAGE, desired)
    assert step(plan, "image").action == BuildImage("b1")
    replaced = {item.host for item in plan.steps if isinstance(item.action, CreateHost)}
    assert replaced == set(WELL.hosts).difference(WITHOUT)


@pytest.mark.parametrize(("seen", "base"), [("b1", "b2"), ("", "b1"), ("b1", ""), ("", "")])
def test_another_debian_replaces_them_and_so_does_one_that_is_not_known(seen: str, base: str) -> None:
    plan = planned(standing(seen), STAGE, replace(wanted(STAGE), base=base))
    assert {item.host for item in plan.steps if isinstance(item.action, CreateHost)} == set(WITHOUT)


def test_hosts_that_run_openstack_have_exactly_the_image_whatever_its_base() -> None:
    observed = altered(WELL, *WELL.hosts, image=OLD_IMAGE, base="b1")
    plan = planned(observed, STAGE, replace(wanted(STAGE), base="b1"))
    replaced = {item.host for item in plan.steps if isinstance(item.action, CreateHost)}
    assert replaced == set(WELL.hosts).difference(WITHOUT)


def test_a_lost_or_stopped_database_comes_back_beside_those_of_the_older_image() -> None:
    stopped = HostSeen(State.STOPPED, OLD_IMAGE, "2025.2", base="b1")
    desired = replace(wanted(STAGE), base="b1")
    lost = planned(but(standing("b1"), database_2=None), STAGE, desired)
    back = planned(but(standing("b1"), database_2=stopped), STAGE, desired)
    for plan in (lost, back):
        assert ids(plan) == ["host/database-2", "cluster/database-2"]
    assert step(back, "host/database-2").title == "start database-2, which is stopped"


@pytest.mark.parametrize("name", roles.ROLES)
def test_a_role_that_uses_openstack_says_so(name: str) -> None:
    role = ROLES[name]
    files = [path for path in role.folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    named = any(BIN.rpartition("/")[0] in path.read_text() for path in files)
    assert role.uses_openstack is (named or (role.folder / "python.txt") in files)
    assert not (role.uses_openstack and role.tier is Tier.SHARED)


def test_the_image_is_exactly_the_one_to_deploy_or_another_of_its_base() -> None:
    assert planned(standing("b1"), STAGE, replace(wanted(STAGE, IMAGE), base="b1")).steps == ()
