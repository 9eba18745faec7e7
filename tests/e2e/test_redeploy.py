"""One host of a standing stage is replaced by a new one, by `promote redeploy`. On the real lab."""

import subprocess
from pathlib import Path

import pytest
from checkout import Checkout
from watching import watched

from suites.probes.spec import Kind

STAGE = "staging"
MARK = "/root/made-before"
JOIN, JOINED_WITHIN, TRY_AGAIN = "/usr/local/lib/stagegate/galera-join", 20, 75
# What is to receive the data stops before a donor is asked for them. The brackets: it must not match itself.
FROZEN = "(until pkill -STOP -f '[w]srep_sst_mariabackup --role'; do sleep 0.05; done) &"
SIZE = "mariadb --batch --skip-column-names -e \"SHOW STATUS LIKE 'wsrep_cluster_size'\" | cut -f 2"
RAFT = "ovn-appctl --timeout=5 -t /run/ovn/ovnsb_db.ctl cluster/status OVN_Southbound | grep -c ' at tcp:'"
BROKERS = "rabbitmqctl --quiet cluster_status --formatter json"
SENTINELS = "/usr/local/lib/stagegate/redis-ask 26379 SENTINEL SENTINELS stagegate | grep -c ^name$"


def redeploy(checkout: Checkout, host: str, *kept: str) -> None:
    """Redeploy the host; it has nothing left of what it was, but for the files `kept`."""
    for file in (MARK, *kept):
        checkout.ssh(STAGE, host, f"touch {file}")
    checkout.promote("redeploy", host, "--stage", STAGE, "--yes", expect=0)
    assert (checkout.history()[-1]["kind"], checkout.history()[-1]["outcome"]) == ("redeploy", "redeployed")
    assert checkout.run_on(STAGE, host, f"test -e {MARK}").code == 1, f"{host} is the old one"
    for file in kept:
        checkout.ssh(STAGE, host, f"rm {file}")


@pytest.mark.prove
def test_an_api_host_is_redeployed_and_no_request_fails(
    shared: Checkout, staging_target: Path, tmp_path: Path
) -> None:
    with watched(staging_target, tmp_path, (Kind.HTTP, Kind.ISSUE)) as clients:
        redeploy(shared, "identity-blue-2")
    assert {probe: failed for probe, failed in clients.failed.items() if failed} == {}


@pytest.mark.lab
def test_a_database_that_hangs_while_it_joins_is_stopped_and_may_be_started_again(shared: Checkout) -> None:
    """The host is redeployed by the next test: its journal has errors."""
    shared.ssh(STAGE, "database-2", "systemctl stop mariadb && find /var/lib/mysql -mindepth 1 -delete")
    told = shared.ssh(STAGE, "database-2", f"{FROZEN} {JOIN} {JOINED_WITHIN} 2>&1; echo ended with $?")
    assert told.splitlines()[-1] == f"ended with {TRY_AGAIN}"
    assert f"it got and applied nothing for {JOINED_WITHIN} s" in told
    assert shared.run_on(STAGE, "database-2", "pgrep mariadbd || pgrep -f '[w]srep_sst'").code == 1
    assert shared.ssh(STAGE, "database-2", f"{JOIN} 120 && {SIZE}").strip() == "3"


@pytest.mark.lab
def test_a_database_is_redeployed_and_gets_its_data_from_its_peers(shared: Checkout) -> None:
    old = "/var/lib/mysql/made-before"
    shared.ssh(STAGE, "database-2", f"touch {old}")
    redeploy(shared, "database-2")
    assert shared.run_on(STAGE, "database-2", f"test -e {old}").code == 1, "its data were removed first"
    for host in ("database-1", "database-2"):
        assert shared.ssh(STAGE, host, SIZE).strip() == "3"


@pytest.mark.prove
@pytest.mark.timeout(1800)  # the first to ask for it waits for the whole control plane
@pytest.mark.parametrize(
    ("host", "kinds"),
    [
        ("identity-blue-1", (Kind.HTTP, Kind.ISSUE, Kind.VALIDATE)),
        ("image-blue-1", (Kind.ISSUE, Kind.IMAGE)),
        ("compute-api-blue-2", (Kind.ISSUE, Kind.COMPUTE)),
        # These have no probe of their own; nobody else notices.
        ("network-api-blue-1", (Kind.ISSUE, Kind.COMPUTE)),
        ("volume-api-blue-2", (Kind.ISSUE, Kind.COMPUTE)),
    ],
)
def test_no_request_fails_while_an_api_host_of_any_role_is_redeployed(
    whole: Checkout, tmp_path: Path, host: str, kinds: tuple[Kind, ...]
) -> None:
    with watched(whole.target_path(STAGE), tmp_path, kinds) as clients:
        redeploy(whole, host)
    assert {probe: failed for probe, failed in clients.failed.items() if failed} == {}


@pytest.mark.prove
@pytest.mark.timeout(2400)  # five redeployments, each with its gate
def test_members_of_every_cluster_are_redeployed_and_are_as_many_as_before(whole: Checkout) -> None:
    for host in ("database-1", "messaging-1", "coordination-1", "ovn-1", "loadbalancer-1"):
        redeploy(whole, host)
    assert whole.ssh(STAGE, "database-1", SIZE).strip() == "3"
    assert whole.ssh(STAGE, "ovn-2", RAFT).strip() == "3"
    assert whole.ssh(STAGE, "messaging-2", BROKERS).count("rabbit@messaging-1") >= 1
    assert whole.ssh(STAGE, "coordination-2", SENTINELS).strip() == "2", "the old one is forgotten"
    assert whole.holder_of_the_vip(STAGE)


@pytest.mark.prove
@pytest.mark.parametrize("host", ["database-3", "messaging-2", "coordination-3", "ovn-2", "compute-1"])
def test_a_host_that_is_lost_is_redeployed_likewise(whole: Checkout, host: str) -> None:
    (lost,) = [one for one in whole.target(STAGE)["hosts"] if one["name"] == host]
    for argv in lost["power_off"]:
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    whole.promote("redeploy", host, "--stage", STAGE, "--yes", expect=0)
    assert whole.history()[-1]["outcome"] == "redeployed"


@pytest.mark.prove
def test_data_of_which_there_is_one_copy_and_the_identity_of_a_compute_host_are_kept(whole: Checkout) -> None:
    redeploy(whole, "object-store-1", "/srv/node/made-before")
    redeploy(whole, "compute-2", "/var/lib/nova/made-before")
    services = whole.openstack(
        STAGE, "compute", "service", "list", "-f", "value", "-c", "Host", "-c", "Status"
    )
    assert services.out.count("compute-2 enabled") == 1
