"""What every substrate promises: the lab on stand-ins, the lab, and machines that exist already."""

import json
import os
import shlex
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import podman_stand_in
import pytest
import ssh_stand_in
from machines import Machines
from stage_sample import CONFIG, IMAGE
from stand_in import install
from substrate_ground import STAGE, Ground, done, said

from stages.draft import draft
from stages.errors import ImageGone, LeaseLost, ProgramFailed
from stages.machine import site as sites
from stages.machine.site import Site
from stages.machine.substrates import lab as machine
from stages.machine.substrates import losing, podman
from stages.machine.substrates.choice import substrate
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.remote import RemoteHost
from stages.machine.substrates.substrate import Creation, Levers

LABEL = "stagegate-contract"
ONE, OTHER = "database-1", "identity-blue-1"
PACKAGES = ["stagegate.packages=haproxy=2.6.12-1 mariadb-server=1:10.11.14-0+deb12u2"]


def on_stand_ins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _request: pytest.FixtureRequest
) -> Iterator[Ground]:
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    monkeypatch.setattr(sites, "RUN", tmp_path)
    for name in ("weigh", "raise_kernel_threads"):  # they act on the machine's own groups and threads
        monkeypatch.setattr(podman, name, lambda *_: None)
    install(programs, "podman", podman_stand_in.PROGRAM)
    install(programs, "ssh", ssh_stand_in.PROGRAM)
    (programs / "podman.json").write_text(
        json.dumps({**podman_stand_in.NOTHING, "images": {IMAGE: PACKAGES}})
    )
    site = Site.at(tmp_path / "site")
    yield Ground(site, draft(CONFIG, STAGE, site.id), IMAGE, real=False)


@pytest.fixture(scope="session")
def holder_of_the_image() -> Iterator[None]:
    """A site that has the image until all tests are done: the last one that has it takes it away."""
    site = Site.at(Path("/var/tmp/stagegate-contract-lab"))  # noqa: S108 - root's own
    inputs = draft(CONFIG, STAGE, site.id)
    substrate("lab", site, inputs.blueprint).images.build(inputs.image, print)
    yield
    machine.drop_images(site, print)
    shutil.rmtree(site.path)


@pytest.fixture(scope="module")
def kept() -> Iterator[Path]:
    """A folder for all tests on machines: software is fetched once, and plain Debian made once."""
    folder = Path("/var/tmp/stagegate-contract")  # noqa: S108 - root's own
    with closing(Machines(LABEL, folder / "machines", ())):
        yield folder
    machine.drop_images(Site.at(folder / "site"), print)
    shutil.rmtree(folder)


def on_machines(
    tmp_path: Path, _monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Ground]:
    kept: Path = request.getfixturevalue("kept")
    config = shutil.copytree(CONFIG, tmp_path / "config")
    file = config / f"stages/{STAGE}.yaml"
    names = tuple(host.name for host in draft(CONFIG, STAGE, "000000").blueprint.hosts)
    machines = Machines(LABEL, kept / "machines", names).made()
    text = file.read_text().replace("substrate: lab", "substrate: inventory")
    file.write_text(f"{text}\n{machines.inventory()}")
    site = Site.at(kept / "site")
    drawn = draft(config, STAGE, site.id)
    try:
        image = substrate("inventory", site, drawn.blueprint).images.build(drawn.image, print)
        yield Ground(site, drawn, image, machines)
    finally:
        machines.gone()
        for name in ("stages", "keys", "leases"):
            shutil.rmtree(site.path / name, ignore_errors=True)


def in_the_lab(
    tmp_path: Path, _monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Ground]:
    request.getfixturevalue("holder_of_the_image")
    site = Site.at(tmp_path / "site")
    drawn = draft(CONFIG, STAGE, site.id)
    image = substrate("lab", site, drawn.blueprint).images.build(drawn.image, print)
    try:
        yield Ground(site, drawn, image)
    finally:
        machine.demolish(site, None, lambda: None)
        machine.drop_images(site, print)


@pytest.fixture(
    params=[
        pytest.param(on_stand_ins, id="stand-ins"),
        pytest.param(in_the_lab, id="lab", marks=pytest.mark.lab),
        # Each test makes its machines and puts software on them: minutes, all together.
        pytest.param(on_machines, id="machines", marks=pytest.mark.prove),
    ]
)
def ground(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ground]:
    yield from request.param(tmp_path, monkeypatch, request)


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


def test_the_levers_work_both_ways(ground: Ground) -> None:
    ground.with_hosts(ONE)
    levers = ground.levers(ONE)
    assert levers.power_off
    assert levers.power_on
    assert levers.link_down
    assert levers.link_up
    assert levers.network
    done([*levers.power_off, *levers.power_on])
    assert ground.substrate.standing().running == (ONE,)
    # Whoever undoes what was never done changes nothing.
    if ground.machines is not None:
        done([*levers.power_on, *levers.link_up])
    assert ground.substrate.standing().running == (ONE,)


def test_a_machine_is_lost_to_all_but_who_says_so_and_comes_back(ground: Ground) -> None:
    if ground.machines is None:
        pytest.skip("what has power loses that")
    ground.with_hosts(ONE, OTHER)
    levers, machines = ground.levers(ONE), ground.machines
    knocks = f"timeout 2 sh -c 'exec 3<>/dev/tcp/{machines.address(ONE)}/22' && echo there || echo lost"
    knock = f"bash -c {shlex.quote(knocks.replace('sh -c', 'bash -c'))}"
    assert (machines.inside(OTHER, knock).strip(), said(levers.reached)) == ("there", "reachable")
    for down, up in ((levers.link_down, levers.link_up), (levers.power_off, levers.power_on)):
        done(down)
        assert machines.inside(OTHER, knock).strip() == "lost"
        assert said(levers.reached).startswith("unreachable: ")
        done(up)
        assert (machines.inside(OTHER, knock).strip(), said(levers.reached)) == ("there", "reachable")


def test_what_nobody_ends_a_machine_ends_by_itself(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    if ground.machines is None:
        pytest.skip("what has power loses that")
    ground.with_hosts(ONE)
    monkeypatch.setattr(losing, "ENDS_AFTER_S", 3)
    levers = ground.levers(ONE)
    done([*levers.power_off, (*levers.network, "nft", "add table inet stagegate_fault")])
    end = time.monotonic() + 30
    while ground.machines.inside(ONE, "nft list tables; ls -d /run/stagegate-lost 2>/dev/null || :"):
        assert time.monotonic() < end, "it stays cut off"
        time.sleep(0.5)
    assert said(levers.reached) == "reachable"


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


CHANGES: dict[str, Callable[[Ground, Lease], None]] = {
    "prepare": lambda ground, lease: ground.substrate.prepare(ground.image, lease),
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


def test_levers_follow_from_the_name_alone_and_each_host_has_its_own(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("PATH", "/nowhere")
        one, other = ground.levers(ONE), ground.levers(OTHER)
        assert one == ground.levers(ONE)
    for lever in Levers.__dataclass_fields__:
        if getattr(one, lever):
            assert getattr(one, lever) != getattr(other, lever)
    assert one.exec
