"""Hosts leave a standing stage and come back: a promotion brings counts down and up. On the real lab."""

import re
from pathlib import Path

import pytest
from checkout import Checkout
from watching import watched

from suites.probes.spec import Kind

STAGE = "staging"
SIZE = "mariadb --batch --skip-column-names -e \"SHOW STATUS LIKE 'wsrep_cluster_size'\" | cut -f 2"
RAFT = "ovn-appctl --timeout=5 -t /run/ovn/ovnsb_db.ctl cluster/status OVN_Southbound | grep -c ' at tcp:'"


def scale(checkout: Checkout, **counts: int) -> None:
    """Commit other counts of the stage's hosts (roles with _ for -)."""
    file = checkout.path / f"config/stages/{STAGE}.yaml"
    text = file.read_text()
    for role, count in counts.items():
        text, found = re.subn(
            rf"^(  {role.replace('_', '-')}): \d", rf"\1: {count}", text, flags=re.MULTILINE
        )
        assert found == 1, role
    file.write_text(text)
    checkout.commit("Another count of hosts")


def promoted(checkout: Checkout, *before: str) -> list[str]:
    """The names of the stage's hosts once the checkout is verified in it, after the stages before."""
    for stage in (*before, STAGE):
        checkout.promote("--stage", stage, expect=0)
    return [host["name"] for host in checkout.target(STAGE)["hosts"]]


@pytest.mark.lab
def test_an_api_host_leaves_and_no_request_fails(
    shared: Checkout, staging_target: Path, tmp_path: Path
) -> None:
    scale(shared, identity=1)
    shared.promote("--stage", "dev", expect=0)
    with watched(staging_target, tmp_path, (Kind.HTTP, Kind.ISSUE)) as client:
        assert "identity-blue-2" not in promoted(shared)
    assert {name: seen.errors for name, seen in client.measures.items()} == dict.fromkeys(client.measures, 0)
    shared.revert()
    assert "identity-blue-2" in promoted(shared, "dev")


@pytest.mark.prove
def test_databases_and_a_load_balancer_leave_and_join_again(shared: Checkout) -> None:
    scale(shared, database=1, loadbalancer=1)
    promoted(shared, "dev")
    assert shared.ssh(STAGE, "database-1", SIZE).strip() == "1"
    shared.revert()
    promoted(shared, "dev")
    assert shared.ssh(STAGE, "database-1", SIZE).strip() == "3"
    assert shared.holder_of_the_vip(STAGE)


@pytest.mark.prove
def test_hosts_of_every_role_leave_a_whole_control_plane_and_join_again(whole: Checkout) -> None:
    clusters = {"database": 1, "messaging": 1, "coordination": 1, "ovn": 1}
    apis = {"identity": 1, "image": 1, "compute_api": 1, "network_api": 1, "volume_api": 1, "compute": 1}
    scale(whole, loadbalancer=1, **clusters, **apis)
    hosts = promoted(whole)
    assert [name for name in hosts if not name.endswith("-1")] == []
    assert whole.ssh(STAGE, "ovn-1", RAFT).strip() == "1"
    services = whole.openstack(STAGE, "compute", "service", "list", "-f", "value", "-c", "Host").out.split()
    assert sorted(set(services)) == ["compute-1", "compute-api-blue-1"]
    agents = whole.openstack(STAGE, "network", "agent", "list", "-f", "value", "-c", "Host").out.split()
    assert set(agents) == {"compute-1"}
    whole.revert()
    promoted(whole)
    assert whole.ssh(STAGE, "ovn-1", RAFT).strip() == "3"
