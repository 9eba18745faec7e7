"""Hosts stop one after another while clients go on: none of them gets an error from one that is leaving."""

import re
from pathlib import Path
from time import monotonic

import pytest
from checkout import BALANCERS, Checkout, wait_until
from watching import watched

from suites.probes.spec import Kind

pytestmark = pytest.mark.lab

STAGE = "staging"
APIS = ("identity-blue-2", "identity-blue-1")
DATABASES = ("database-3", "database-2", "database-1")  # as a plan changes them: the writer is the last
SEEN = "/usr/local/lib/stagegate/seen-up identity && echo up || true"
SYNCED = "/usr/local/lib/stagegate/galera-synced && echo synced || true"
LEFT = "journalctl --unit {unit} --since -3min --output cat | grep '^after .* s ' || true"
WITHIN = 120
# "WSREP has not yet prepared node for application use": from one that stops, or is not ready yet.
NOT_READY = re.compile(r"\b1047\b")
# When the writer leaves and when it is back, each load balancer ends its connections: each probe may have had
# one request under way, which fails. More would be an outage.
CUTS = 2


def test_no_request_fails_while_every_api_host_is_restarted(
    shared: Checkout, staging_target: Path, tmp_path: Path
) -> None:
    with watched(staging_target, tmp_path, (Kind.HTTP, Kind.VALIDATE, Kind.ISSUE)) as clients:
        for host in APIS:
            shared.ssh(STAGE, host, "systemctl restart keystone")
            wait_until(lambda host=host: "up" in shared.ssh(STAGE, host, SEEN), WITHIN, f"{host} is seen up")
    assert {probe: failed for probe, failed in clients.failed.items() if failed} == {}
    assert [shared.ssh(STAGE, host, LEFT.format(unit="keystone")) for host in APIS] == ["", ""]


def test_no_client_meets_a_database_that_is_not_ready_while_each_is_restarted(
    shared: Checkout, staging_target: Path, tmp_path: Path
) -> None:
    """As after a change of the load balancers: their old workers have the connections, and check nothing."""
    restarts = []
    with watched(staging_target, tmp_path) as clients:
        for balancer in BALANCERS:
            shared.ssh(STAGE, balancer, "systemctl reload haproxy")
        for host in DATABASES:
            began = monotonic()
            shared.ssh(STAGE, host, "systemctl restart mariadb")
            wait_until(
                lambda host=host: "synced" in shared.ssh(STAGE, host, SYNCED), WITHIN, f"{host} synced"
            )
            restarts.append(monotonic() - began)
    assert set(clients.failed) == {"sql-new", "sql-kept"}
    failed = [one for of_probe in clients.failed.values() for one in of_probe]
    assert [one for one in failed if NOT_READY.search(str(one.error))] == []
    # A commit may wait while a member leaves or joins, and the probes wait for one second only.
    assert all(len(clients.ended(probe)) <= CUTS for probe in clients.failed), clients.failed
    assert all(seen.longest_gap_s < max(restarts) for seen in clients.measures.values()), clients.measures
    assert [shared.ssh(STAGE, host, LEFT.format(unit="mariadb")) for host in DATABASES] == ["", "", ""]


def test_a_connection_of_an_old_worker_ends_with_the_use_of_its_database(
    shared: Checkout, staging_target: Path, tmp_path: Path
) -> None:
    """The writer is only taken out, as by a frozen one: nothing else would end the connection."""
    with watched(staging_target, tmp_path) as clients:
        holder = shared.holder_of_the_vip(STAGE)
        shared.ssh(STAGE, holder, "systemctl reload haproxy")
        shared.ssh(STAGE, "database-1", "touch /run/mysqld/draining")
        ended = "journalctl --unit haproxy-old-workers --since -1min --output cat"
        try:
            wait_until(lambda: "database/database-1" in shared.ssh(STAGE, holder, ended), 15, "it was ended")
        finally:
            shared.ssh(STAGE, "database-1", "rm -f /run/mysqld/draining")
    assert len(clients.ended("sql-kept")) <= CUTS, clients.failed
