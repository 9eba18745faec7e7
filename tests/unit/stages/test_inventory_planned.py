"""A stage on machines is the stage in the lab, but for what the substrate says."""

import shutil
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import small_shape
from inventory_sample import HOST_KEY, SITE, drawn, in_the_lab, on_machines

from stages.config import read
from stages.design.accounts import ACCOUNTS, elsewhere
from stages.design.accounts import on_machines as accounts
from stages.design.manifest import Manifest, canonical
from stages.machine.site import Site
from stages.machine.substrates import arriving, software
from stages.machine.substrates.choice import substrate, takes_memory_here
from stages.machine.substrates.inventory import Inventory, asked
from stages.machine.substrates.remote import RemoteHost
from stages.machine.substrates.substrate import Seen
from stages.requests import doctor

PROGRAMS = Path(arriving.__file__).parent / "programs"


def unnumbered(manifest: Manifest) -> Manifest:
    return replace(manifest, users=tuple(replace(one, uid=None, gid=None) for one in manifest.users))


def test_manifests_are_those_of_the_lab_but_for_addresses_interfaces_and_numbers(config: Path) -> None:
    lab = shutil.copytree(config, config.parent / "lab")
    small_shape.cut(lab)
    on_machines(config, lambda name: f"192.0.2.{100 + len(name)}", "192.0.2.5")
    there = drawn(config)
    own = in_the_lab(lab)
    for host in there.blueprint.hosts:
        said = canonical(unnumbered(there.manifests[host.name]).to_json()).decode()
        for other in there.blueprint.hosts:
            said = said.replace(other.address, own.host(other.name).address)
        said = said.replace(there.blueprint.vip, own.vip)
        assert said == canonical(unnumbered(drawn(lab).manifests[host.name]).to_json()).decode(), host.name
        assert {one.uid for one in there.manifests[host.name].users} <= {one.uid for one in accounts()}


def test_accounts_on_machines_have_numbers_that_debian_gives_nobody() -> None:
    numbers = [one.uid for one in accounts()]
    assert len(set(numbers)) == len(ACCOUNTS)
    assert all(700 < number < 900 for number in numbers)
    assert {one.name: one.home for one in accounts()} == {name: one.home for name, one in ACCOUNTS.items()}
    assert elsewhere(()) == ()


def test_machines_are_reached_by_their_pinned_keys_through_the_namespace(
    config: Path, tmp_path: Path
) -> None:
    on_machines(
        config, lambda name: f"192.0.2.{len(name)}", "192.0.2.250", "  namespace: /run/netns/gateway\n"
    )
    made = substrate("inventory", Site(tmp_path, SITE), drawn(config).blueprint)
    path = made.borrow(tmp_path / "way")
    argv = ["ssh", "-G", "-F", str(path), "database-1"]
    said = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout
    settings = dict(line.split(" ", 1) for line in said.splitlines() if " " in line)
    assert (settings["hostname"], settings["user"]) == ("192.0.2.10", "root")
    assert settings["identityfile"] == "/etc/stagegate/root_key"
    assert settings["proxycommand"] == "nsenter --net=/run/netns/gateway nc -N %h %p"
    assert (settings["stricthostkeychecking"], settings["hostkeyalias"]) == (
        "true",
        f"database-1.dev.{SITE}",
    )
    assert f"database-1.dev.{SITE} {HOST_KEY}\n" in (tmp_path / "way/known_hosts").read_text()


def test_where_root_may_not_log_in_a_user_does_and_becomes_root(config: Path, tmp_path: Path) -> None:
    way_in = "  namespace: /run/netns/gateway\n  user: debian\n"
    on_machines(config, lambda name: f"192.0.2.{len(name)}", "192.0.2.250", way_in)
    path = substrate("inventory", Site(tmp_path, SITE), drawn(config).blueprint).borrow(tmp_path / "way")

    def settings(name: str) -> dict[str, str]:
        argv = ["ssh", "-G", "-F", str(path), name]
        said = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout
        return dict(line.split(" ", 1) for line in said.splitlines() if " " in line)

    host, user = settings("database-1"), settings("database-1.way")
    assert (host["user"], user["user"]) == ("root", "debian")
    assert host["proxycommand"].startswith(f"ssh -F {path} database-1.way 'sudo -n ")
    assert user["proxycommand"] == "nsenter --net=/run/netns/gateway nc -N %h %p"
    for one in (host, user):
        assert (one["hostname"], one["hostkeyalias"]) == ("192.0.2.10", f"database-1.dev.{SITE}")
    # The user's connection ends with the one that it is for.
    assert (user["controlmaster"], user.get("controlpath", "none")) == ("false", "none")


def test_a_machine_takes_no_memory_here(config: Path, tmp_path: Path) -> None:
    on_machines(config, lambda name: f"192.0.2.{len(name)}", "192.0.2.250")
    assert not Inventory(Site(tmp_path, SITE), drawn(config).blueprint).takes_memory_here


def test_whether_hosts_take_memory_here_is_the_same_with_a_stage_and_without(
    config: Path, tmp_path: Path
) -> None:
    on_machines(config, lambda name: f"192.0.2.{len(name)}", "192.0.2.250")
    blueprint = drawn(config).blueprint
    for name, here in (("lab", True), ("inventory", False)):
        assert substrate(name, Site(tmp_path, SITE), blueprint).takes_memory_here is here
        assert takes_memory_here(name) is here


SOFTWARE = "package adduser=3.134\npackage mariadb-server=1:10.11.14-0+deb12u2\n"
PREPARED = (
    f"owner={SITE}/dev\nhost=database-1\nimage=sha256:1\nbase=b\nopenstack=2026.1\nrole=database\n"
    "address=192.0.2.1\n"
)


def told(monkeypatch: pytest.MonkeyPatch, text: str) -> Seen | None:
    """What is seen of a machine that answers this."""
    monkeypatch.setattr(RemoteHost, "shell", lambda *_: (0, text, ""))
    return asked(RemoteHost("database-1", Path("/nowhere")), "dev", f"{SITE}/dev")


def test_a_machine_is_a_host_if_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, PREPARED + SOFTWARE) == Seen(
        "dev",
        "database-1",
        "database",
        running=True,
        image="sha256:1",
        openstack="2026.1",
        address="192.0.2.1",
        packages={"adduser": "3.134", "mariadb-server": "1:10.11.14-0+deb12u2"},
        base="b",
    )
    assert told(monkeypatch, f"owner=\n{SOFTWARE}") is None
    assert told(monkeypatch, f"owner={SITE}/dev\n") is None, "its preparation was interrupted"


def test_machines_take_no_memory_of_this_one(config: Path) -> None:
    on_machines(config, lambda name: f"192.0.2.{len(name)}", "192.0.2.250")
    found = {one.check: one for one in doctor.examine(read(config), ["dev"])}
    assert found["memory"].wanted == "0 MB for all hosts"


def test_a_machine_gets_only_the_packages_that_it_lacks_and_the_index(tmp_path: Path) -> None:
    (tmp_path / "debs").mkdir()
    for name in ("Packages", "a_1_all.deb", "b_1%3a2_all.deb", "c_3_all.deb"):
        (tmp_path / "debs" / name).touch()
    (tmp_path / software.PACKAGES).write_text("a 1\nb 1:2\nc 3\n")
    found = [path.name for path in software.needed(tmp_path, "a 1\nb 1:1\n")]
    assert found == ["Packages", "b_1%3a2_all.deb", "c_3_all.deb"]


def test_a_role_s_packages_come_with_those_of_every_host() -> None:
    names = software.wanted(Path(software.__file__).parents[2] / "roles/loadbalancer").split()
    assert {"keepalived", "haproxy", "python3", "curl"} <= set(names)


def test_what_is_sent_is_an_archive_that_tar_reads(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("one")
    arriving.pack({"debs/a": tmp_path / "file", "accounts": b"two"}, tmp_path / "all.tar")
    with tarfile.open(tmp_path / "all.tar") as archive:
        assert archive.getnames() == ["debs/a", "accounts"]


@pytest.mark.parametrize("name", ["prepare-host", "leave-host"])
def test_what_machines_run_is_a_program_for_every_sh(name: str) -> None:
    subprocess.run(("sh", "-n", PROGRAMS / name), check=True, timeout=60)
