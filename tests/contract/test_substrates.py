"""What every substrate promises: the lab on stand-ins, the lab, and machines that exist already."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from substrate_ground import ONE, OTHER, STAGE, Ground, said

from stages.design.blueprint import Colour, Plane, Tier
from stages.errors import ImageGone, LeaseLost, ProgramFailed
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.remote import RemoteHost
from stages.machine.substrates.substrate import Creation


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    """When each file below was changed, and its size."""
    return {
        str(path): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_of_a_new_stage_nothing_stands_and_who_gets_in_goes_through_a_network_that_is_there(
    ground: Ground,
) -> None:
    standing = ground.substrate.standing()
    assert (standing.hosts, standing.elsewhere, standing.all) == ({}, "", ())
    assert standing.gateway == (ground.machines is not None)
    if ground.machines is None:
        with pytest.raises(ProgramFailed):
            ground.substrate.inside()


def test_what_is_prepared_has_a_way_in_and_no_hosts_and_may_be_prepared_again(ground: Ground) -> None:
    for _ in range(2):
        ground.with_hosts()
    standing = ground.substrate.standing()
    assert (standing.hosts, standing.gateway, standing.elsewhere) == ({}, True, "")
    assert ground.substrate.inside()
    assert ground.substrate.is_connected()


def test_a_host_that_was_made_is_seen_as_it_was_asked_for_and_answers(ground: Ground) -> None:
    ground.with_hosts(ONE)
    (seen,) = ground.substrate.standing().hosts.values()
    wanted = ground.draft.blueprint.host(ONE)
    assert (seen.stage, seen.host, seen.role, seen.address) == (STAGE, ONE, wanted.role, wanted.address)
    assert (seen.running, seen.image) == (True, ground.image)
    assert seen.base == ground.substrate.images.base_of(ground.image)
    RemoteHost(ONE, ground.substrate.ssh_config).wait()


def test_a_host_tells_the_version_that_its_image_told_of_what_owns_its_data(ground: Ground) -> None:
    """An image of an older release told none; a machine tells those that it has."""
    ground.with_hosts(ONE)
    told = ground.substrate.images.packages_of(ground.image)
    owner = ground.draft.blueprint.roles["database"].data_package
    assert owner is not None
    (seen,) = ground.substrate.standing().hosts.values()
    assert {(name, version) for name, version in told.items() if name == owner.name} <= set(
        seen.packages.items()
    )


def test_a_host_that_lost_its_power_is_seen_so_and_boots_again(ground: Ground) -> None:
    lease = ground.with_hosts(ONE)
    ground.cut(ONE)
    standing = ground.substrate.standing()
    assert ONE in standing.hosts
    assert ONE not in standing.running
    if ground.machines is not None:
        ground.machines.switch_on(ONE)
    ground.substrate.start(ONE, lease)
    assert ground.substrate.standing().running == (ONE,)


def test_a_host_that_is_made_again_replaces_the_one_of_its_name(ground: Ground) -> None:
    lease = ground.with_hosts(ONE, OTHER)
    ground.substrate.create(ONE, Creation(ground.image, lease))
    assert set(ground.substrate.standing().running) == {ONE, OTHER}


def test_a_host_that_is_removed_is_gone_and_no_other_and_may_be_removed_again(ground: Ground) -> None:
    lease = ground.with_hosts(ONE, OTHER)
    for _ in range(2):
        ground.substrate.remove(ONE, ("/var/lib/mysql",), lease)
    assert set(ground.substrate.standing().hosts) == {OTHER}


def test_a_host_that_is_removed_keeps_its_data_but_for_what_is_discarded(ground: Ground) -> None:
    if not ground.real:
        pytest.skip("the stand-in for podman has volumes, and no files in them")
    lease = ground.with_hosts(ONE)
    kept, discarded = "/var/lib/mysql/kept", "/var/lib/other/discarded"
    host = RemoteHost(ONE, ground.substrate.ssh_config)
    host.wait()
    host.output(f"mkdir -p /var/lib/mysql /var/lib/other; touch {kept} {discarded}")
    ground.substrate.remove(ONE, ("/var/lib/other",), lease)
    ground.substrate.create(ONE, Creation(ground.image, lease))
    host.wait()
    assert host.output(f"ls -d {kept} {discarded} 2>/dev/null | cat").split() == [kept]


def between_colours(ground: Ground) -> Ground:
    """The same stage while green rises beside the blue that it has."""
    beside = Plane(Tier.COLOURED, Colour.GREEN, "", ())
    return replace(
        ground, draft=replace(ground.draft, blueprint=replace(ground.draft.blueprint, beside=beside))
    )


def test_each_of_two_colours_can_be_asked_as_such_if_any_can_and_a_colour_alone_can_not(
    ground: Ground,
) -> None:
    lease = ground.with_hosts()
    two = between_colours(ground)
    assert two.substrate.previews() == {}
    for _ in range(2):
        two.substrate.prepare(two.image, lease)
    found = two.substrate.previews()
    assert set(found) == set(two.draft.blueprint.previews)
    assert (set(found) == set(Colour)) is (ground.machines is None)
    assert len({(*one.inside, one.address) for one in found.values()}) == len(found)
    assert two.substrate.inside() not in {one.inside for one in found.values()}
    assert two.substrate.standing().hosts == {}, "a preview is no host"
    assert ground.substrate.previews() == {}
    for _ in range(2):
        ground.substrate.prepare(ground.image, lease)
    assert two.substrate.previews() == {}


def test_who_asks_by_a_preview_comes_from_its_address_and_gets_no_further_than_the_stage(
    ground: Ground,
) -> None:
    if ground.machines is not None or not ground.real:
        pytest.skip("machines have no preview yet, and the stand-in for podman has no network")
    lease = ground.with_hosts()
    two = between_colours(ground)
    two.substrate.prepare(two.image, lease)
    for preview in two.substrate.previews().values():
        there = said((*preview.inside, "ip", "-4", "-o", "address", "show", "dev", "eth0"))
        assert f" {preview.address}/" in there
        assert said((*preview.inside, "ip", "route", "show", "default")) == ""


CHANGES: dict[str, Callable[[Ground, Lease], None]] = {
    "prepare": lambda ground, lease: ground.substrate.prepare(ground.image, lease),
    "prepare for two": lambda ground, lease: between_colours(ground).substrate.prepare(ground.image, lease),
    "create": lambda ground, lease: ground.substrate.create(OTHER, Creation(ground.image, lease)),
    "replace": lambda ground, lease: ground.substrate.create(ONE, Creation(ground.image, lease)),
    "start": lambda ground, lease: ground.substrate.start(ONE, lease),
    "remove": lambda ground, lease: ground.substrate.remove(ONE, (), lease),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_that_lost_the_stage_changes_nothing(ground: Ground, change: str) -> None:
    if change == "prepare":
        lost = ground.lease(11)
    else:
        lost = ground.with_hosts(ONE)
        ground.cut(ONE)
    ground.lease(13)
    before = ground.substrate.standing()
    with pytest.raises(LeaseLost):
        CHANGES[change](ground, lost)
    assert ground.substrate.standing() == before


def test_a_borrowed_way_leads_to_hosts_and_leaves_the_site_as_it_is(ground: Ground, tmp_path: Path) -> None:
    ground.with_hosts(ONE)
    before = contents(ground.site.path)
    borrowed = ground.substrate.borrow(tmp_path / "borrowed")
    RemoteHost(ONE, borrowed).wait()
    assert contents(ground.site.path) == before


def test_who_was_never_connected_is_told_so_and_then_is(ground: Ground) -> None:
    assert not ground.substrate.is_connected()
    ground.substrate.connect()
    assert ground.substrate.is_connected()


def test_hosts_are_made_from_an_image_that_is_here_or_not_at_all(ground: Ground) -> None:
    ground.substrate.images.require(ground.image)
    with pytest.raises(ImageGone):
        ground.substrate.images.require("sha256:" + "0" * 64)
