"""What is on a machine is stopped, removed or forgotten only where somebody asked for exactly that."""

import os
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from config_sample import SHIPPED
from inventory_sample import SITE, drawn, on_machines
from podman_stand_in import Podman
from stage_sample import blueprint

from stages.design.blueprint import Blueprint
from stages.errors import HostRefused
from stages.machine.site import Site
from stages.machine.substrates import arriving, everywhere, image, records, software
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.inventory import Inventory
from stages.machine.substrates.lab import Lab
from stages.machine.substrates.remote import UNREACHABLE, RemoteHost
from stages.machine.substrates.substrate import Creation
from stages.requests import lab as lab_verbs
from stages.requests.context import Context
from stages.requests.plan import make

NAMES = ("loadbalancer-1", "database-1", "identity-blue-1")
OWNER = f"{SITE}/dev"
Answer = Callable[[str], tuple[int, str]]


def prepared(script: str) -> tuple[int, str]:
    """A host of dev, as far as it is asked."""
    told = f"owner={OWNER}\nhost=x\nimage=sha256:new\nopenstack=\nrole=database\naddress=192.0.2.1\nbase=b\n"
    return 0, told if script.startswith("cat /var/lib/stagegate/host") else ""


def plain(_script: str) -> tuple[int, str]:
    return 0, ""


def unreachable(_script: str) -> tuple[int, str]:
    return UNREACHABLE, ""


def hanging(_script: str) -> tuple[int, str]:
    raise HostRefused("no result", where="x", why="no result within 30 s", next="promote lab status")


def another_s(script: str) -> tuple[int, str]:
    code, told = prepared(script)
    return code, told.replace(SITE, "77ab01")


@dataclass
class Shells:
    """The shells of machines, in place of ssh: what each was told, and how each answers."""

    answers: dict[str, Answer] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)

    def scripts(self, name: str) -> list[str]:
        return [script for host, script in self.told if host == name]


@pytest.fixture
def shells(monkeypatch: pytest.MonkeyPatch) -> Shells:
    found = Shells()

    def shell(host: RemoteHost, script: str, _body: object, _within: float) -> tuple[int, str, str]:
        found.told.append((host.name, script))
        return *found.answers.get(host.name, prepared)(script), "because"

    monkeypatch.setattr(RemoteHost, "shell", shell)
    monkeypatch.setattr(RemoteHost, "change", lambda host, *_, **__: found.told.append((host.name, "apply")))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return found


@pytest.fixture
def config(config: Path) -> Path:
    on_machines(config, lambda name: f"192.0.2.{len(name)}", "192.0.2.250")
    return config


@pytest.fixture
def own(tmp_path: Path, config: Path) -> Inventory:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/site.json").write_text(f'{{"id": "{SITE}"}}')
    return Inventory(Site(tmp_path / "own", SITE), drawn(config).blueprint)


@pytest.fixture
def lease(own: Inventory) -> Lease:
    return Lease(0, own.site.lease_record("dev"))


def record(own: Inventory, name: str, address: str) -> None:
    records.put(own.site, "dev", name, records.Record(address, "sha256:new", ("/var/lib/mysql",)))


def refusals(own: Inventory, config: Path, lab: Podman, **parts: object) -> tuple[str, ...]:
    """What a plan says; a plan of any step fails the test."""
    lab.put(images={"sha256:new": []})
    asked = {"site": str(own.site.path), "config": str(config), "stage": "dev", **parts}
    plan = make(Context.of({**asked, "artifacts": {"image": "sha256:new"}}))
    assert plan.steps == ()
    return plan.refusals


@pytest.fixture
def fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "software"
    (folder / "debs").mkdir(parents=True)
    for name in ("debs/Packages", software.ENVIRONMENT, software.PACKAGES):
        (folder / name).touch()
    monkeypatch.setattr(software, "fetch", lambda *_: folder)
    monkeypatch.setattr(image, "base_of", lambda _image: "b")
    return folder


def brought(own: Site, stage: Blueprint, name: str, lease: Lease) -> None:
    arriving.bring(own, stage, OWNER, RemoteHost(name, Path("/none")), Creation("sha256:new", lease))


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize(
    ("name", "openstack"),
    [("loadbalancer-1", ""), ("database-1", ""), ("object-store-1", "2026.1"), ("identity-blue-1", "2026.1")],
)
def test_a_host_of_every_tier_is_described_whole_and_has_the_environment_that_its_role_uses(
    own: Inventory, shells: Shells, lease: Lease, name: str, openstack: str
) -> None:
    stage = blueprint("whole-prod")
    host = stage.host(name)
    brought(own.site, stage, name, lease)
    scripts = shells.scripts(name)
    (words,) = [shlex.split(script) for script in scripts if "prepare-host prepare" in script]
    described = [OWNER, name, "sha256:new", "b", openstack, host.role, host.address, host.interface]
    assert words == ["sh", f"{arriving.PLACE}/prepare-host", "prepare", *described]
    assert any(software.ENVIRONMENT in script for script in scripts) == bool(openstack)


@pytest.mark.usefixtures("fetched")
def test_a_machine_is_checked_before_anything_big_is_sent_or_anything_is_stopped(
    own: Inventory, shells: Shells, lease: Lease
) -> None:
    def unfit(script: str) -> tuple[int, str]:
        return (1, "") if "prepare-host check" in script else prepared(script)

    shells.answers = {"database-1": unfit}
    with pytest.raises(HostRefused, match="because"):
        brought(own.site, own.blueprint, "database-1", lease)
    assert "prepare-host check" in shells.scripts("database-1")[-1]
    assert "apply" not in shells.scripts("database-1")
    assert not records.of(own.site, "dev"), "nothing was put on it"
    shells.answers = {}
    brought(own.site, own.blueprint, "database-1", lease)
    assert records.of(own.site, "dev")["database-1"].keeps == ("/var/lib/mysql",)


@pytest.mark.parametrize("answer", [unreachable, hanging, another_s])
def test_a_machine_that_says_nothing_is_silent_and_the_others_are_seen(
    own: Inventory, shells: Shells, answer: Answer
) -> None:
    shells.answers = {"database-1": answer, "identity-blue-1": plain}
    standing = own.standing()
    assert set(standing.hosts) == {"loadbalancer-1", "database-1"}, "identity-blue-1 is no host yet"
    seen = standing.hosts["database-1"]
    assert seen.silent
    assert (seen.state, standing.running) == ("silent", ("loadbalancer-1",))
    assert bool(seen.retried) == (answer is not another_s)
    assert standing.hosts["loadbalancer-1"].base == "b"


def test_one_missed_answer_is_a_retry_that_is_told(own: Inventory, shells: Shells) -> None:
    def late(script: str) -> tuple[int, str]:
        return prepared(script) if len(shells.scripts("database-1")) > 1 else unreachable(script)

    shells.answers = {"database-1": late}
    seen = own.standing().hosts["database-1"]
    assert (seen.silent, seen.image) == ("", "sha256:new")
    assert "can't be reached" in seen.retried


def test_a_plan_replaces_no_machine_that_is_silent(
    own: Inventory, shells: Shells, config: Path, lab: Podman
) -> None:
    shells.answers = {"database-1": unreachable, "identity-blue-1": another_s, "loadbalancer-1": hanging}
    told = {line.split()[0]: line for line in refusals(own, config, lab)}
    assert set(told) == set(NAMES)
    assert "can't be reached by ssh" in told["database-1"]
    assert "belongs to 77ab01/dev" in told["identity-blue-1"]
    assert "within 30 s" in told["loadbalancer-1"]
    assert all("(next: mend it" in line for line in told.values())


@pytest.mark.usefixtures("shells")
def test_no_machine_is_redeployed(own: Inventory, config: Path, lab: Podman) -> None:
    (told,) = refusals(own, config, lab, redeploy="database-1", release="r" * 64)
    assert "can't be made again" in told


@pytest.mark.usefixtures("shells")
def test_a_machine_that_the_config_no_longer_has_is_named_and_never_forgotten(
    own: Inventory, config: Path, lab: Podman
) -> None:
    record(own, "database-1", "192.0.2.99")
    record(own, "database-2", "192.0.2.98")
    record(own, "loadbalancer-1", own.blueprint.host("loadbalancer-1").address)
    gone, left = refusals(own, config, lab)
    assert "database-1 is the machine 192.0.2.99" in gone
    assert "has another" in gone
    assert "database-2 is the machine 192.0.2.98" in left
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


def test_a_fence_that_could_not_be_written_is_an_error(own: Inventory, shells: Shells) -> None:
    for status in (0, UNREACHABLE):
        shells.answers = {"database-1": lambda _script, status=status: (status, "")}
        own.fence("database-1", 12)
    shells.answers = {"database-1": lambda _script: (1, "")}
    with pytest.raises(HostRefused, match=r"can't be fenced.*because"):
        own.fence("database-1", 12)


def test_a_host_that_is_removed_keeps_its_software_and_all_data_but_what_is_discarded(
    own: Inventory, shells: Shells, lease: Lease
) -> None:
    record(own, "database-1", own.blueprint.host("database-1").address)
    own.remove("database-1", ("/var/lib/mysql",), lease)
    asked, *rest = shells.scripts("database-1")
    assert asked.startswith("cat ")
    assert rest[0].startswith("command -v python3")
    removal, forgetting = rest[-2:]
    assert removal == "rm -rf -- /var/lib/mysql"
    assert "image" not in forgetting
    assert f"'owner=%s\\n' {OWNER} " in forgetting
    assert "database-1" in records.of(own.site, "dev"), "lab down still takes the rest off"


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


@pytest.mark.usefixtures("lab")
def test_the_status_has_a_row_for_a_machine_that_says_nothing(own: Inventory, shells: Shells) -> None:
    for name in NAMES:
        record(own, name, own.blueprint.host(name).address)
    shells.answers = {"database-1": hanging, "identity-blue-1": another_s}
    rows = {row["host"]: row["state"] for row in lab_verbs.status(own.site, None)}
    assert rows == {"database-1": "silent", "identity-blue-1": "silent", "loadbalancer-1": "running"}


def test_an_image_that_a_machine_runs_is_in_use(
    own: Inventory, lab: Podman, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(own, "database-1", "192.0.2.10")
    lab.put(images={})
    used: list[set[str]] = []
    monkeypatch.setattr(image, "build", lambda *_: "sha256:newest")
    monkeypatch.setattr(image, "prune", lambda _site, in_use, _say: used.append(in_use))
    Lab(own.site, own.blueprint).images.build(None, print)  # type: ignore[arg-type]  # what it is built from is replaced
    assert used == [{"sha256:new", "sha256:newest"}]
