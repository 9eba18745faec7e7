"""A machine leaves a stage with all that was put on it, and none is ever forgotten."""

from dataclasses import replace
from pathlib import Path

import pytest
from config_sample import SHIPPED
from inventory_sample import HOST_KEY
from machine_shells import NAMES, OWNER, Shells, plain, record, refusals, unreachable
from podman_stand_in import Podman

from stages.errors import HostRefused
from stages.machine.substrates import arriving, everywhere, records
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.inventory import Inventory
from stages.machine.substrates.lab import Lab


@pytest.mark.usefixtures("shells")
def test_a_machine_that_the_config_no_longer_has_is_named_and_never_forgotten(
    own: Inventory, machines_config: Path, lab: Podman
) -> None:
    record(own, "database-1", "192.0.2.99")
    record(own, "database-2", "192.0.2.98")
    record(own, "loadbalancer-1", own.blueprint.host("loadbalancer-1").address)
    gone, left = refusals(own, machines_config, lab)
    assert "database-1 is the machine 192.0.2.99" in gone
    assert "has another" in gone
    assert "database-2 is the machine 192.0.2.98" in left, "an older release did not record the way to it"
    assert "promote lab down --stage dev" in left
    with pytest.raises(HostRefused, match=r"192\.0\.2\.99.*192\.0\.2\.98"):
        own.connect()
    assert len(records.of(own.site, "dev")) == len(NAMES)


@pytest.mark.usefixtures("shells")
def test_a_stage_that_moves_to_the_lab_leaves_no_machine_behind(own: Inventory, lab: Podman) -> None:
    record(own, "database-1", "192.0.2.10")
    (told,) = refusals(own, SHIPPED, lab)
    assert "no longer has it" in told
    with pytest.raises(HostRefused, match="would be forgotten"):
        Lab(own.site, own.blueprint).connect()


def test_of_a_host_that_comes_back_all_is_taken_off_but_data_that_are_not_discarded(
    own: Inventory, shells: Shells, lease: Lease
) -> None:
    record(own, "database-1", own.blueprint.host("database-1").address)
    own.remove("database-1", (), lease)
    own.remove("database-1", ("/var/lib/mysql",), lease)
    asked, *rest = shells.scripts("database-1")
    assert asked.startswith("cat ")
    assert rest[0].startswith("command -v python3")
    assert [script for script in rest if script.startswith("sh -s")] == [
        f"sh -s -- {OWNER} -- /var/lib/mysql /var/lib/galera-backups",
        f"sh -s -- {OWNER} /var/lib/mysql -- /var/lib/galera-backups",
    ]
    assert "database-1" in records.of(own.site, "dev"), "lab down still takes the rest off"


def test_a_host_that_the_config_no_longer_has_leaves_by_plan_and_is_forgotten_with_its_data(
    own: Inventory, shells: Shells, lease: Lease, tmp_path: Path
) -> None:
    record(own, "identity-blue-2", "192.0.2.98", HOST_KEY)
    record(own, "identity-blue-3", "192.0.2.97", HOST_KEY)
    shells.answers = {"identity-blue-3": plain}
    assert own.forgotten() == ()
    standing = own.standing()
    assert {"identity-blue-2", "identity-blue-3"} < set(standing.running)
    assert standing.hosts["identity-blue-3"].address == "192.0.2.97", "of which only the record tells"
    way = own.borrow(tmp_path / "way").read_text()
    assert "Host identity-blue-2\n  HostName 192.0.2.98\n  Port 2222\n" in way

    for _ in range(2):  # a step may be repeated
        own.remove("identity-blue-2", ("/etc/mysql", "/var/lib/mysql"), lease)
    gone = [script for script in shells.scripts("identity-blue-2") if script.startswith("sh -s")]
    assert gone == [f"sh -s -- {OWNER} /etc/mysql /var/lib/mysql --"]
    assert list(records.of(own.site, "dev")) == ["identity-blue-3"]


@pytest.mark.usefixtures("lab")
def test_one_that_left_with_data_that_stay_is_no_host_and_is_known_until_the_stage_goes(
    own: Inventory, shells: Shells, lease: Lease
) -> None:
    record(own, "identity-blue-2", "192.0.2.98", HOST_KEY)
    for _ in range(2):
        own.remove("identity-blue-2", ("/etc/mysql",), lease)
    gone = [script for script in shells.scripts("identity-blue-2") if script.startswith("sh -s")]
    assert gone == [f"sh -s -- {OWNER} /etc/mysql -- /var/lib/mysql"] * 2
    shells.told.clear()
    assert "identity-blue-2" not in own.standing().hosts
    assert shells.scripts("identity-blue-2") == [], "it may be switched off"
    assert own.forgotten() == ()
    assert not records.images(own.site), "its software is gone"
    assert everywhere.demolish(own.site, "dev", {"dev": lease}) == ["identity-blue-2"]
    assert not records.of(own.site, "dev")


@pytest.mark.usefixtures("shells")
def test_the_data_of_one_that_left_are_not_forgotten_for_another_machine_by_its_name(
    own: Inventory, lease: Lease
) -> None:
    record(own, "identity-blue-2", "192.0.2.98", HOST_KEY)
    own.remove("identity-blue-2", (), lease)
    here = own.blueprint.host("identity-blue-1").address
    kept = records.of(own.site, "dev")["identity-blue-2"]
    records.put(own.site, "dev", "identity-blue-2", replace(kept, address=here))
    (told,) = own.forgotten()
    assert "which has data of dev" in told
    assert f"remove {', '.join(kept.keeps)} there, then: rm " in told


@pytest.mark.usefixtures("shells")
def test_a_record_that_is_dropped_while_they_are_read_is_gone(
    own: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("database-1", "loadbalancer-1"):
        record(own, name, own.blueprint.host(name).address)
    read = Path.read_text

    def dropped(path: Path, *words: str, **options: str) -> str:
        if path.stem == "database-1":
            path.unlink()
        return read(path, *words, **options)

    monkeypatch.setattr(Path, "read_text", dropped)
    assert list(records.of(own.site, "dev")) == ["loadbalancer-1"]


@pytest.mark.usefixtures("shells")
def test_a_machine_that_is_to_be_another_host_does_not_leave_meanwhile(own: Inventory) -> None:
    record(own, "identity-blue-2", own.blueprint.host("identity-blue-1").address, HOST_KEY)
    (told,) = own.forgotten()
    assert told.startswith("identity-blue-2 is the machine ")
    assert "identity-blue-2" not in own.standing().hosts


@pytest.mark.usefixtures("shells")
def test_a_way_that_changed_in_the_config_is_recorded(own: Inventory) -> None:
    record(own, "database-1", own.blueprint.host("database-1").address, "ssh-ed25519 AAAAold")
    own.connect()
    found = records.of(own.site, "dev")["database-1"]
    assert (found.host_key, found.port, found.image) == (HOST_KEY, 22, "sha256:new")


@pytest.mark.usefixtures("lab")
def test_when_all_is_taken_off_a_machine_it_is_forgotten_and_one_that_is_dead_is_not(
    own: Inventory, shells: Shells, lease: Lease
) -> None:
    for name in ("database-1", "loadbalancer-1"):
        record(own, name, own.blueprint.host(name).address)
    shells.answers = {"database-1": unreachable}
    with pytest.raises(HostRefused, match="database-1"):
        everywhere.demolish(own.site, "dev", {"dev": lease})
    assert list(records.of(own.site, "dev")) == ["database-1"]


@pytest.mark.usefixtures("lab")
def test_what_was_sent_to_a_machine_that_got_no_further_is_removed_and_no_other_s(
    own: Inventory, shells: Shells, lease: Lease
) -> None:
    record(own, "database-1", own.blueprint.host("database-1").address)
    shells.answers = {"database-1": plain}
    assert everywhere.demolish(own.site, "dev", {"dev": lease}) == []
    assert shells.scripts("database-1")[-1].startswith(
        f"[ -e {arriving.RECORD} ] || {{ rm -rf {arriving.PLACE};"
    )
    assert not records.of(own.site, "dev")
