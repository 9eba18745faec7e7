"""prepare-host and leave-host in a scratch root, beside stand-ins for apt, dpkg, systemd and the network."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from programs import ended

from stages.machine.substrates import arriving

PROGRAMS = Path(arriving.__file__).parent / "programs"
OWNER = "3fa2c1/dev"
WORDS = (OWNER, "database-1", "sha256:new", "b", "", "database", "192.0.2.7", "eth0")
ABSOLUTE = re.compile(r"(?<![\w.}/])/(?:etc|var|usr|opt|proc|run)/")
STAND_INS: Mapping[str, str] = {
    "ip": "echo '2: eth0    inet 192.0.2.7/24 scope global eth0'",
    "systemctl": "true",
    "hostname": 'echo "$1" >$ROOT/called',
    "dpkg-query": (
        "case $3 in *Status*Version*) cat $ROOT/db;;"
        " *Status*) awk '{print $1, $2}' $ROOT/db;; *) exit 1;; esac"
    ),
    "mountpoint": 'grep -qxF "$2" $ROOT/mounts 2>/dev/null',
    "dpkg": (
        "[ ! -e $ROOT/broken ] || exit 1\n"
        'if [ "$1" = --purge ]; then shift 2\n  for name in "$@"; do sed -i "/ $name /d" $ROOT/db; done\nfi'
    ),
    # Installs what has a version, but for what is held back, and only where nothing would be started.
    "apt-get": (
        'case " $* " in *" update "*) exit 0;; esac\n'
        "[ ! -e $ROOT/broken ] || exit 100\n"
        "[ -x $ROOT/usr/sbin/policy-rc.d ] || exit 101\n"
        'for word in "$@"; do case $word in\n'
        "  -* | *::* | held=*) ;;\n"
        '  *=*) sed -i "/ ${word%%=*} /d" $ROOT/db; echo "installed ${word%%=*} ${word#*=}" >>$ROOT/db;;\n'
        "esac; done"
    ),
}


@dataclass(frozen=True, slots=True)
class Scratch:
    """A machine's files below a folder, and its packages in `db`: lines of state, name and version."""

    root: Path

    def path(self, absolute: str) -> Path:
        return self.root / absolute.lstrip("/")

    def put(self, absolute: str, text: str) -> None:
        self.path(absolute).parent.mkdir(parents=True, exist_ok=True)
        self.path(absolute).write_text(text)

    def arrive(self) -> None:
        """Bring what a host of the role database is prepared with."""
        for name, text in {
            "passwd": "mysql:x:760:760::/var/lib/mysql:/bin/false\n",
            "group": "mysql:x:760:\n",
            "accounts": "mysql:760:760\n",
            "hosts": "192.0.2.7\tdatabase-1\n",
            "wanted": "# of every host\npython3\n\nmariadb-server\nmail-agent\n",
            "debian-packages": "libc6 2.36\nmariadb-server 10.11\nnever-asked 1\npython3 3.11\n",
        }.items():
            self.put(f"{arriving.PLACE}/{name}", text)
        self.put(f"{arriving.PLACE}/prepare-host", self._moved("prepare-host"))

    def prepare(self, mode: str, words: Sequence[str] = WORDS) -> subprocess.CompletedProcess[str]:
        return self._sh(self.path(f"{arriving.PLACE}/prepare-host"), mode, *words)

    def leave(self, owner: str, *discards: str, keep: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        program = self.root / "leave-host"
        program.write_text(self._moved("leave-host"))
        words = [str(self.path(one)) for one in discards], [str(self.path(one)) for one in keep]
        return self._sh(program, owner, *words[0], "--", *words[1])

    def _moved(self, name: str) -> str:
        """The program, whose machine is this folder: it must never touch the one that the test runs on."""
        text = (PROGRAMS / name).read_text()
        search = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
        assert text.count(search) == 1
        parts = text.split(search)
        moved = [ABSOLUTE.sub(lambda found: f"{self.root}{found[0]}", part) for part in parts]
        return f"PATH={self.root}/bin:/usr/sbin:/usr/bin:/sbin:/bin".join(moved)

    def _sh(self, *argv: object) -> subprocess.CompletedProcess[str]:
        return ended("sh", *map(str, argv), env={"ROOT": str(self.root)})

    @property
    def says(self) -> str:
        return self.path("/var/lib/stagegate/host").read_text()

    def contents(self) -> dict[str, str]:
        return {str(path): path.read_text() for path in self.root.rglob("*") if path.is_file()}


@pytest.fixture
def machine(tmp_path: Path) -> Scratch:
    found = Scratch(tmp_path / "root")
    for path, text in {
        "/etc/os-release": "ID=debian\nVERSION_CODENAME=bookworm\n",
        "/etc/passwd": "root:x:0:0::/root:/bin/sh\n",
        "/etc/group": "root:x:0:\n",
        "/etc/hosts": "127.0.0.1\tlocalhost\n",
        "/etc/hostname": "machine-7\n",
        "/etc/sysctl.d/README": "",
        "/proc/sys/kernel/hostname": "machine-7\n",
        "/proc/sys/net/ipv4/ip_nonlocal_bind": "0\n",
        "/run/systemd/system/README": "",
        "/usr/sbin/README": "",
        # A machine of its own has a newer library than the image, another program, and what somebody removed.
        "/db": "installed libc6 2.37\ninstalled ifupdown 0.8\nconfig-files python3 3.9\n",
    }.items():
        found.put(path, text)
    for name, body in STAND_INS.items():
        found.put(f"/bin/{name}", f"#!/bin/sh\n{body}\n")
        found.path(f"/bin/{name}").chmod(0o755)
    found.arrive()
    return found


def test_what_is_checked_is_changed_in_no_way(machine: Scratch) -> None:
    before = machine.contents()
    assert machine.prepare("check").returncode == 0
    assert machine.contents() == before


def test_all_that_a_machine_has_against_it_is_said_and_only_what_arrived_is_removed(machine: Scratch) -> None:
    machine.put("/etc/passwd", "squatter:x:760:5::/:/bin/false\n")
    machine.put("/etc/os-release", "ID=debian\nVERSION_CODENAME=trixie\nPRETTY_NAME='Debian 13'\n")
    before = machine.contents()
    done = machine.prepare("check", (*WORDS[:-1], "ens3"))
    assert done.returncode == 1
    assert "the number 760 of the account mysql belongs to squatter" in done.stderr
    assert "Debian 13" in done.stderr
    assert "192.0.2.7 is on eth0, and the stage's file says interface: ens3" in done.stderr
    place = str(machine.path(arriving.PLACE))
    assert machine.contents() == {path: text for path, text in before.items() if not path.startswith(place)}


def test_a_host_has_the_image_s_versions_and_says_so_when_all_is_there(machine: Scratch) -> None:
    done = machine.prepare("prepare")
    assert (done.returncode, done.stderr) == (0, "")
    installed = {line.split()[1]: line.split()[2] for line in machine.path("/db").read_text().splitlines()}
    assert installed == {"libc6": "2.36", "ifupdown": "0.8", "python3": "3.11", "mariadb-server": "10.11"}
    recorded = machine.path("/usr/share/stagegate/debian-packages").read_text().splitlines()
    assert sorted(recorded) == sorted(f"{name} {version}" for name, version in installed.items())
    assert machine.says == (
        f"owner={OWNER}\nhost=database-1\nimage=sha256:new\nbase=b\nopenstack=\nrole=database\n"
        "address=192.0.2.7\n"
    )
    assert not machine.path("/usr/sbin/policy-rc.d").exists()
    assert not machine.path(arriving.PLACE).exists()
    assert machine.path("/called").read_text() == "database-1\n"


@pytest.mark.parametrize("own_policy", [True, False])
def test_a_host_whose_software_changes_has_no_image_until_all_of_it_is_there(
    machine: Scratch, *, own_policy: bool
) -> None:
    machine.put("/var/lib/stagegate/host", f"owner={OWNER}\nimage=sha256:old\n")
    machine.put("/broken", "")
    policy = machine.path("/usr/sbin/policy-rc.d")
    if not own_policy:
        policy.write_text("somebody's\n")
    assert machine.prepare("prepare").returncode == 1
    assert machine.says == f"owner={OWNER}\n"
    assert policy.exists() != own_policy, "what stops services from starting goes, if it is ours"


def test_a_machine_that_keeps_another_version_is_no_host(machine: Scratch) -> None:
    with machine.path("/db").open("a") as file:
        file.write("installed held 2\n")
    with machine.path(f"{arriving.PLACE}/debian-packages").open("a") as file:
        file.write("held 1\n")
    done = machine.prepare("prepare")
    assert done.returncode == 1
    assert "held is 2, and the image has 1" in done.stderr
    assert "image" not in machine.says


def test_a_word_too_few_is_refused_before_anything_else(machine: Scratch) -> None:
    before = machine.contents()
    assert machine.prepare("prepare", [word for word in WORDS if word]).returncode == 2
    assert machine.contents() == before


def test_who_leaves_takes_off_what_came_and_the_data_and_nothing_else(machine: Scratch) -> None:
    before = {name: machine.path(name).read_text() for name in ("/etc/passwd", "/etc/group", "/etc/hosts")}
    assert machine.prepare("prepare").returncode == 0
    machine.put("/var/lib/other/file", "kept")
    machine.put("/var/lib/data/file", "the role's")
    machine.put("/var/lib/stagegate/policy", "")  # as of a preparation that was cut off
    machine.put("/usr/sbin/policy-rc.d", "exit 101\n")
    assert machine.leave("77ab01/dev", "/var/lib/data").returncode == 0
    assert machine.path("/var/lib/data/file").exists(), "it is no host of that stage"
    done = machine.leave(OWNER, "/var/lib/data")
    assert (done.returncode, done.stderr) == (0, "")
    assert {name: machine.path(name).read_text() for name in before} == before
    left = [line.split()[1] for line in machine.path("/db").read_text().splitlines()]
    assert sorted(left) == ["ifupdown", "libc6"], "it had removed its Python"
    assert machine.path("/var/lib/other/file").exists()
    for gone in ("/var/lib/data", "/var/lib/stagegate", "/usr/share/stagegate", "/usr/sbin/policy-rc.d"):
        assert not machine.path(gone).exists(), gone
    assert machine.path("/called").read_text() == "machine-7\n"


def test_data_outlive_the_software_that_is_taken_off_for_new_software(machine: Scratch) -> None:
    assert machine.prepare("prepare").returncode == 0
    for place in ("/var/lib/mysql/table", "/var/log/mysql/error"):
        machine.put(place, "the role's")
    done = machine.leave(OWNER, keep=("/var/lib/mysql",))
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.path("/var/lib/mysql/table").read_text() == "the role's"
    assert not machine.path("/var/log/mysql").exists()
    assert machine.says == f"owner={OWNER}\n", "so who leaves later still finds the data"
    left = [line.split()[1] for line in machine.path("/db").read_text().splitlines()]
    assert sorted(left) == ["ifupdown", "libc6"]
    assert machine.leave(OWNER, "/var/lib/mysql").returncode == 0
    assert not machine.path("/var/lib/mysql").exists()
    assert not machine.path("/var/lib/stagegate").exists()


def test_data_that_were_put_aside_by_who_was_cut_off_are_put_back(machine: Scratch) -> None:
    machine.put("/var/lib/stagegate/host", f"owner={OWNER}\n")
    machine.put("/var/lib/stagegate/aside", f"{machine.path('/var/lib/mysql')}\n")
    machine.put("/var/lib/mysql.stagegate-kept/table", "the role's")
    machine.put("/var/lib/mysql/README", "of the package, which came again")
    assert machine.prepare("prepare").returncode == 0
    assert machine.path("/var/lib/mysql/table").read_text() == "the role's"
    assert not machine.path("/var/lib/mysql/README").exists()
    assert not machine.path("/var/lib/stagegate/aside").exists()


def cut_off(machine: Scratch, *discards: str, keep: Sequence[str] = ()) -> None:
    """Leave as somebody does whose packages can't be purged."""
    machine.put("/broken", "")
    assert machine.leave(OWNER, *discards, keep=keep).returncode == 1
    machine.path("/broken").unlink()


def test_one_whose_leaving_was_cut_off_is_no_host_and_can_be_prepared_again(machine: Scratch) -> None:
    assert machine.prepare("prepare").returncode == 0
    machine.put("/var/lib/mysql/table", "the role's")
    cut_off(machine, keep=("/var/lib/mysql",))
    assert machine.says == f"owner={OWNER}\n"
    machine.arrive()
    assert machine.prepare("prepare").returncode == 0
    assert "image=sha256:new\n" in machine.says
    assert machine.path("/var/lib/mysql/table").read_text() == "the role's"


def test_data_that_were_put_aside_go_if_they_are_discarded_later(machine: Scratch) -> None:
    assert machine.prepare("prepare").returncode == 0
    for name in ("mysql", "other"):
        machine.put(f"/var/lib/{name}/table", "the role's")
    cut_off(machine, keep=("/var/lib/mysql", "/var/lib/other"))
    assert machine.leave(OWNER, "/var/lib/mysql", keep=("/var/lib/other",)).returncode == 0
    assert [path.name for path in machine.path("/var/lib").iterdir() if path.name != "stagegate"] == ["other"]
    assert machine.path("/var/lib/other/table").exists()
    assert machine.says == f"owner={OWNER}\n"


def test_data_on_a_mount_are_discarded_and_the_mount_stays(machine: Scratch) -> None:
    assert machine.prepare("prepare").returncode == 0
    machine.put("/disk/base/table", "the role's")
    machine.path("/var/lib/mysql").symlink_to(machine.path("/disk"))
    machine.put("/var/log/mysql/error", "the role's")
    machine.put("/mounts", f"{machine.path('/var/lib/mysql')}\n{machine.path('/var/log/mysql')}\n")
    done = machine.leave(OWNER, "/var/lib/mysql")
    assert (done.returncode, done.stderr) == (0, "")
    for name in ("/var/lib/mysql", "/var/log/mysql"):
        assert list(machine.path(name).iterdir()) == [], name
    assert not machine.path("/var/lib/stagegate").exists()


def test_data_on_a_mount_are_kept_from_packages_that_would_remove_them(machine: Scratch) -> None:
    assert machine.prepare("prepare").returncode == 0
    machine.put("/var/lib/mysql/table", "the role's")
    machine.put("/var/lib/other/table", "the role's")
    machine.put("/mounts", f"{machine.path('/var/lib/mysql')}\n")
    before = machine.contents()
    done = machine.leave(OWNER, "/var/lib/other", keep=("/var/lib/mysql",))
    assert done.returncode == 1
    assert f"{machine.path('/var/lib/mysql')} is a mount of its own" in done.stderr
    changed = {name for name, text in machine.contents().items() if before.get(name) != text}
    assert changed <= {str(machine.root / "leave-host"), str(machine.path("/var/lib/stagegate/before"))}
    assert machine.path("/var/lib/other/table").exists()


def test_a_link_to_data_on_a_mount_is_put_out_of_the_way_and_back(machine: Scratch) -> None:
    assert machine.prepare("prepare").returncode == 0
    machine.put("/disk/table", "the role's")
    machine.path("/var/lib/mysql").symlink_to(machine.path("/disk"))
    machine.put("/mounts", f"{machine.path('/var/lib/mysql')}\n")
    done = machine.leave(OWNER, keep=("/var/lib/mysql",))
    assert (done.returncode, machine.path("/var/lib/mysql").is_symlink()) == (0, True), done.stderr
    assert machine.path("/var/lib/mysql/table").read_text() == "the role's"
