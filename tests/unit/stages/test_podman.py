"""Names in the lab follow from site, stage and host; only what carries them as labels is taken down."""

import re
import subprocess
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from podman_stand_in import Podman
from stage_sample import IMAGE, SITE, blueprint

from stages.errors import LeaseLost, ProgramFailed
from stages.machine.site import Site
from stages.machine.substrates import podman
from stages.machine.substrates.fence import Lease
from stages.requests.lab import down

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
    controls = podman.levers("3fa2c1", "prod", "database-1").to_json()
    assert controls.pop("reached") == (), "it is asked whether anything answers there"
    assert set(controls) == {"exec", "network", "power_off", "power_on", "link_down", "link_up"}
    for name in ("power_off", "power_on", "link_down", "link_up"):
        assert all("sg-3fa2c1-prod-database-1" in argv for argv in controls[name])
    assert controls["link_down"] != controls["link_up"]
    assert controls["exec"][-1] == controls["network"][-1] == "sg-3fa2c1-prod-database-1"


def test_without_a_hosts_network_nothing_is_run_in_the_machines_own() -> None:
    shell, flag, script, name = podman.levers("3fa2c1", "prod", "nobody-1").network
    done = subprocess.run((shell, flag, script, name, "echo", "ran"), capture_output=True, check=False)
    assert done.returncode != 0
    assert not done.stdout


DATA = "/var/lib/mysql"


@pytest.fixture
def free(tmp_path: Path) -> Lease:
    """The lease of a stage that nobody ever held."""
    return Lease(0, tmp_path / "prod.json")


@pytest.mark.parametrize(
    ("taken_down", "others"), [("prod", (SITE, "prod-eu")), (None, ("77ab01", "prod"))], ids=["stage", "site"]
)
def test_taking_a_stage_or_a_site_down_keeps_the_data_of_others(
    lab: Podman, free: Lease, taken_down: str | None, others: tuple[str, str]
) -> None:
    gone = podman.keep(SITE, "prod", "database-1", DATA, free)
    kept = podman.keep(*others, "database-1", DATA, free)
    assert podman.demolish(SITE, taken_down, free.check) == [gone]
    assert set(lab.kept["volumes"]) == {kept}


def test_a_volume_that_is_there_is_taken_as_it_is(lab: Podman, free: Lease) -> None:
    names = {podman.keep(SITE, "prod", "database-1", DATA, free) for _ in range(2)}
    assert len(names) == 1
    assert lab.calls.count("volume create") == 1


def test_a_container_whose_name_was_taken_meanwhile_is_created_by_the_next_try(
    lab: Podman, free: Lease
) -> None:
    host = blueprint().host("database-1")
    lab.put(taken=[podman.container(SITE, "prod", host.name)])
    with pytest.raises(ProgramFailed, match="already in use"):
        podman.create(blueprint(), host, IMAGE, (), free)
    assert podman.exists(SITE, "prod", host.name)
    podman.create(blueprint(), host, IMAGE, (), free)
    assert "stagegate.host=database-1" in lab.kept["containers"][podman.container(SITE, "prod", host.name)]


def test_a_host_is_listed_with_the_whole_name_of_its_role(lab: Podman, free: Lease) -> None:
    drawn = blueprint("whole-prod")
    host = drawn.host("compute-api-blue-1")
    podman.create(drawn, host, IMAGE, (), free)
    lab.stands(SITE, "prod", compute_api_blue_1=host.address, compute_1="10.0.0.1")
    name = podman.container(SITE, "prod", host.name)
    created = [argv for argv in lab.kept["log"] if argv[0] == "run"][-1]
    labels = dict(word.split("=", 1) for word in created if word.startswith("stagegate."))
    inspected = lab.kept["inspected"]
    inspected[name]["Config"]["Labels"] = labels
    lab.put(inspected=inspected)
    seen = {one.host: one.role for one in podman.seen(SITE, "prod")}
    assert seen == {"compute-api-blue-1": "compute-api", "compute-1": "unknown"}


def test_a_host_tells_which_of_its_directories_outlive_it_if_that_is_known(lab: Podman) -> None:
    lab.stands(SITE, "prod", database_1="10.1.1.2", database_2="10.1.1.3")
    inspected = lab.kept["inspected"]
    volume = {"Type": "volume", "Source": "/volumes/x", "Destination": "/var/lib/mysql"}
    inspected[podman.container(SITE, "prod", "database-1")]["Mounts"] = [volume]
    lab.put(inspected=inspected)
    seen = {one.host: one.outliving for one in podman.seen(SITE, "prod")}
    assert seen == {"database-1": ("/var/lib/mysql",), "database-2": None}


def test_a_stage_that_another_run_took_is_not_taken_down_even_partly(
    site: Site, lab: Podman, grant: Callable[[int], Lease]
) -> None:
    lab.stands(site.id, "prod", database_1="10.1.1.2")
    podman.keep(site.id, "prod", "database-1", DATA, grant(12))
    before = lab.kept["containers"], lab.kept["volumes"]
    for stage, tokens in product(("prod", None), ({}, {"prod": 11})):
        with pytest.raises(LeaseLost):
            down(site, stage, tokens, print)
    assert (lab.kept["containers"], lab.kept["volumes"]) == before
    assert len(down(site, "prod", {"prod": 12}, print)) == 2
    assert (lab.kept["containers"], lab.kept["volumes"]) == ({}, {})
