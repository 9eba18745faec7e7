"""Hosts leave a standing stage and come back: a promotion brings counts down and up. On the real lab."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from checkout import Checkout
from watching import watched

from suites.probes.spec import Kind

STAGE = "staging"
SIZE = "mariadb --batch --skip-column-names -e \"SHOW STATUS LIKE 'wsrep_cluster_size'\" | cut -f 2"
RAFT = "ovn-appctl --timeout=5 -t /run/ovn/ovnsb_db.ctl cluster/status OVN_Southbound | grep -c ' at tcp:'"


@contextmanager
def one_of_each(checkout: Checkout, *roles: str, before: tuple[str, ...] = ()) -> Iterator[None]:
    """Have a commit by which the stage has one host of these roles; then restore the counts, and promote.

    `before` are the stages that come before it.
    """
    file = checkout.path / f"config/stages/{STAGE}.yaml"
    text = file.read_text()
    for role in roles:
        text, found = re.subn(rf"^(  {role}): \d", r"\1: 1", text, flags=re.MULTILINE)
        assert found == 1, role
    file.write_text(text)
    checkout.commit("One host of some roles")
    try:
        for stage in before:
            checkout.promote("--stage", stage, expect=0)
        yield
    finally:
        checkout.revert()
        for stage in (*before, STAGE):
            checkout.promote("--stage", stage, expect=0)


def promoted(checkout: Checkout) -> list[str]:
    """The names of the stage's hosts once the checkout is verified in it."""
    checkout.promote("--stage", STAGE, expect=0)
    return [host["name"] for host in checkout.target(STAGE)["hosts"]]


@pytest.mark.lab
def test_an_api_host_leaves_and_no_request_fails(
    shared: Checkout, staging_target: Path, tmp_path: Path
) -> None:
    with one_of_each(shared, "identity", before=("dev",)):
        with watched(staging_target, tmp_path, (Kind.HTTP, Kind.ISSUE)) as client:
            assert "identity-blue-2" not in promoted(shared)
        assert {probe: failed for probe, failed in client.failed.items() if failed} == {}


@pytest.mark.prove
def test_databases_and_a_load_balancer_leave_and_join_again(shared: Checkout) -> None:
    with one_of_each(shared, "database", "loadbalancer", before=("dev",)):
        promoted(shared)
        assert shared.ssh(STAGE, "database-1", SIZE).strip() == "1"
    assert shared.ssh(STAGE, "database-1", SIZE).strip() == "3"
    assert shared.holder_of_the_vip(STAGE)


@pytest.mark.prove
@pytest.mark.timeout(3600)  # some fifteen hosts leave, one after the other, and come back
def test_hosts_of_every_role_leave_a_whole_control_plane_and_join_again(whole: Checkout) -> None:
    clusters = ("database", "messaging", "coordination", "ovn")
    apis = ("identity", "image", "compute-api", "network-api", "volume-api", "compute")
    with one_of_each(whole, "loadbalancer", *clusters, *apis):
        assert [name for name in promoted(whole) if not name.endswith("-1")] == []
        assert whole.ssh(STAGE, "ovn-1", RAFT).strip() == "1"
        services = whole.openstack(STAGE, "compute", "service", "list", "-f", "value", "-c", "Host").out
        assert set(services.split()) == {"compute-1", "compute-api-blue-1"}
        agents = whole.openstack(STAGE, "network", "agent", "list", "-f", "value", "-c", "Host").out
        assert set(agents.split()) == {"compute-1"}
    assert whole.ssh(STAGE, "ovn-1", RAFT).strip() == "3"
