"""Names and hardware addresses in the lab follow from site, stage and host, and are never shared."""

from __future__ import annotations

import re
import subprocess
from itertools import product
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from stage_sample import blueprint

from stages.machine.substrates import podman

if TYPE_CHECKING:
    from pathlib import Path

ADDRESSES = st.ip_addresses(v=4, network="10.0.0.0/8").map(str)


def test_every_name_begins_with_the_sites_so_that_a_site_can_be_taken_down_alone() -> None:
    assert podman.container("3fa2c1", "prod", "database-1") == "sg-3fa2c1-prod-database-1"
    assert podman.network_name("3fa2c1", "prod") == "sg-3fa2c1-prod"
    volume = podman.data_volume("3fa2c1", "prod", "database-1", "/var/lib/mysql")
    assert volume == "sg-3fa2c1-prod-database-1-var-lib-mysql"
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*", volume)


def test_hosts_of_two_sites_and_two_stages_have_names_of_their_own() -> None:
    names = [host.name for host in blueprint().hosts]
    found = [podman.container(*parts) for parts in product(("3fa2c1", "77ab01"), ("staging", "prod"), names)]
    assert len(set(found)) == len(found)


@given(st.sets(ADDRESSES, min_size=2, max_size=8))
def test_a_hardware_address_follows_from_the_address_and_is_nobody_elses(addresses: set[str]) -> None:
    found = {podman._hardware_address(address) for address in addresses}  # noqa: SLF001 - pure, and vital
    assert len(found) == len(addresses)
    for text in found:
        assert re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", text)
        first = int(text[:2], 16)
        assert first & 0b11 == 0b10, "one host's, and made up locally"


def test_faults_reach_a_host_from_outside_by_argv_alone() -> None:
    controls = podman.controls("3fa2c1", "prod", "database-1")
    assert set(controls) == {"exec", "network", "power_off", "power_on", "link_down", "link_up"}
    for name in ("power_off", "power_on", "link_down", "link_up"):
        assert all("sg-3fa2c1-prod-database-1" in argv for argv in controls[name])
    assert controls["link_down"] != controls["link_up"]
    assert controls["exec"][-1] == controls["network"][-1] == "sg-3fa2c1-prod-database-1"


def test_without_a_hosts_network_nothing_is_run_in_the_machines_own() -> None:
    shell, flag, script, name = podman.controls("3fa2c1", "prod", "nobody-1")["network"]
    done = subprocess.run((shell, flag, script, name, "echo", "ran"), capture_output=True, check=False)
    assert done.returncode != 0
    assert not done.stdout


def test_keys_are_mounted_so_that_the_host_can_not_change_them(tmp_path: Path) -> None:
    assert podman.key_mount(tmp_path) == f"{tmp_path}:/etc/stagegate/ssh:ro"
