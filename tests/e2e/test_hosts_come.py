"""More hosts, and fewer: exactly those come and go, and nothing is restarted on the hosts that stay.

On the shared staging; it has its own count again at the end.
"""

import time
from pathlib import Path

import pytest
from checkout import BALANCERS, Checkout
from watching import watched

STAGE = "staging"
# By host: what must run on, and since when, by systemd's own clock.
UNITS = {
    "database-1": ("mariadb", "galera-check"),
    "database-2": ("mariadb", "galera-check"),
    "database-3": ("mariadb", "galera-check"),
    "identity-blue-1": ("keystone", "memcached"),
    "identity-blue-2": ("keystone", "memcached"),
    "loadbalancer-1": ("haproxy", "keepalived"),
    "loadbalancer-2": ("haproxy", "keepalived"),
}
STATES = "echo 'show servers state' | socat -t 2 - /run/haproxy/admin.sock"


def since(checkout: Checkout) -> dict[str, str]:
    """When each unit was started, and its main process."""
    shown = "systemctl show --value --property=ActiveEnterTimestampMonotonic,MainPID {}"
    return {
        f"{host}/{unit}": checkout.ssh(STAGE, host, shown.format(unit))
        for host, units in UNITS.items()
        for unit in units
    }


def servers(checkout: Checkout, backend: str) -> list[set[str]]:
    """The servers that each load balancer has."""
    return [
        {row.split()[3] for row in checkout.ssh(STAGE, name, STATES).splitlines() if f" {backend} " in row}
        for name in BALANCERS
    ]


def scale(checkout: Checkout, count: str) -> None:
    checkout.promote("scale", "--stage", STAGE, count, expect=0)
    checkout.commit(f"Scale {count}")
    checkout.promote("--stage", "dev", expect=0)
    checkout.promote("--stage", STAGE, expect=0)


@pytest.mark.prove
@pytest.mark.parametrize(
    ("role", "count", "new"),
    [
        ("identity", 3, {"identity-blue-3"}),
        ("database", 5, {"database-4", "database-5"}),
    ],
)
def test_new_hosts_restart_nobody_and_are_sent_nothing_before_they_are_ready(
    shared: Checkout, tmp_path: Path, role: str, count: int, new: set[str]
) -> None:
    had, ran, began = servers(shared, role), since(shared), time.time()
    try:
        with watched(shared.target_path(STAGE), tmp_path) as watch:
            scale(shared, f"{role}={count}")
        assert servers(shared, role) == [one | new for one in had]
        assert since(shared) == ran
        assert [one for probe in watch.failed for one in watch.ended(probe)] == []
        for name in BALANCERS:
            journal = shared.ssh(STAGE, name, f"journalctl --unit haproxy --since @{began:.0f} --output cat")
            for server in new:
                own = [line for line in journal.splitlines() if f"{role}/{server} is " in line]
                assert own, f"{name} says nothing of {server}"
                assert "is DOWN, changed from server-state after a reload" in own[0], own
                assert " is UP, reason: Layer7 check passed" in own[-1], own
    finally:
        scale(shared, f"{role}={len(had[0])}")
    assert servers(shared, role) == had
