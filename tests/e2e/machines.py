"""Machines that Stagegate did not make: containers with systemd, sshd and plain Debian, that a test starts.

They are in a network of their own that leads nowhere. The only way in is the namespace of their gateway.
"""

import hashlib
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from checkout import HOME

from stages.machine.images.turn import turn
from stages.machine.substrates.podman import LIMITS, PODMAN, RIGHTS, SHARES
from stages.machine.substrates.weight import allow_real_time, raise_kernel_threads, weigh

# What Debian's own installer would leave on a server without any task chosen, and ssh. No Python.
PLAIN = ("systemd", "systemd-sysv", "dbus", "iproute2", "openssh-server", "procps", "ifupdown")
SUITE = "bookworm"


def run(*argv: str | Path, within: float = 300) -> str:
    """What a program prints; its failure fails the test."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=within)
    assert done.returncode == 0, f"{argv}: {done.stderr or done.stdout}"
    return done.stdout


@dataclass(frozen=True, slots=True)
class Machines:
    """Machines by the names of the hosts that they are to be. No other clone has machines of the same label.

    `weights` says how much of a busy machine's time each gets, as the lab's hosts do: 1 if nothing is said.
    """

    purpose: str
    names: tuple[str, ...]
    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"stagegate-{self.purpose}-{HOME.name}"

    @property
    def folder(self) -> Path:
        """Has root's key, and the machines' own."""
        return HOME / "machines" / self.purpose

    @property
    def network(self) -> str:
        """The first three numbers of their addresses. Below 10.64 and above 10.191 the lab has nothing."""
        digest = hashlib.sha256(self.label.encode()).digest()
        return f"10.{200 + digest[0] % 50}.{digest[1]}"

    @property
    def key(self) -> Path:
        return self.folder / "root_key"

    @property
    def vip(self) -> str:
        return f"{self.network}.5"

    @property
    def namespace(self) -> str:
        """The path of the namespace that leads to them."""
        asked = (*PODMAN, "inspect", "--format", "{{.NetworkSettings.SandboxKey}}", self.container("gateway"))
        return run(*asked).strip()

    def address(self, name: str) -> str:
        return f"{self.network}.{100 + self.names.index(name)}"

    def container(self, name: str) -> str:
        return f"{self.label}-{name}"

    def host_key(self, name: str) -> str:
        return " ".join((self.folder / name / "host_key.pub").read_text().split()[:2])

    def inside(self, name: str, script: str) -> str:
        """What a script on a machine prints, by podman: as one would at its console."""
        return run(*PODMAN, "exec", self.container(name), "sh", "-c", script)

    def inventory(self) -> str:
        """What a stage's file says of them."""
        lines = [
            "inventory:",
            f"  vip: {self.vip}",
            f"  key: {self.key}",
            f"  namespace: {self.namespace}",
            "  hosts:",
        ]
        for name in self.names:
            lines += [
                f"    {name}:",
                f"      address: {self.address(name)}",
                f"      host_key: {self.host_key(name)}",
            ]
        return "\n".join((*lines, ""))

    def made(self) -> "Machines":
        """Make all of them, from an image that has nothing but Debian and sshd."""
        self.gone()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        image = _image(self.label)
        mark = ("--label", f"stagegate.test={self.label}")
        run(
            *PODMAN,
            "network",
            "create",
            "--internal",
            "--disable-dns",
            *mark,
            "--subnet",
            f"{self.network}.0/24",
            self.label,
        )
        _keypair(self.key)
        there = ("--network", self.label, *mark, *LIMITS)
        run(*PODMAN, "run", "--detach", "--name", self.container("gateway"), *there,
            "--ip", f"{self.network}.10", "--stop-signal", "KILL", image, "sleep", "infinity")  # fmt: skip
        weigh(self._group("gateway"))
        raise_kernel_threads()
        for name in self.names:
            self._start(name, image, there)
        return self

    def _start(self, name: str, image: str, there: Sequence[str]) -> None:
        own = self.folder / name
        own.mkdir()
        _keypair(own / "host_key")
        run(*PODMAN, "run", "--detach", "--name", self.container(name), *there, "--ip", self.address(name),
            "--hostname", f"machine-{self.names.index(name)}", *RIGHTS, "--systemd=always",
            "--cpu-shares", str(round(SHARES * self.weights.get(name, 1))),
            "--sysctl", "net.ipv4.ip_nonlocal_bind=1",  # can't be written from inside
            "--volume", f"{own}/host_key:/etc/ssh/ssh_host_ed25519_key:ro",
            "--volume", f"{self.key}.pub:/root/.ssh/authorized_keys:ro", image, "/sbin/init")  # fmt: skip
        allow_real_time(self._group(name))  # a machine of its own need not ask for it
        self._await_sshd(name)

    def _group(self, name: str) -> str:
        return run(*PODMAN, "inspect", "--format", "{{.State.CgroupPath}}", self.container(name)).strip()

    def _await_sshd(self, name: str) -> None:
        end = time.monotonic() + 30
        while "running" not in run(*PODMAN, "exec", self.container(name), "sh", "-c",
                                   "systemctl is-active ssh >/dev/null && echo running || :"):  # fmt: skip
            assert time.monotonic() < end, f"{name} did not start its sshd"
            time.sleep(0.2)

    def cut(self, name: str) -> None:
        """Take a machine's power away."""
        run(*PODMAN, "kill", self.container(name))

    def switch_on(self, name: str) -> None:
        run(*PODMAN, "start", self.container(name))
        self._await_sshd(name)

    def gone(self) -> None:
        """Remove whatever carries the label."""
        marked = ("--filter", f"label=stagegate.test={self.label}", "--quiet")
        for listing, removal in (
            (("ps", "--all"), ("rm", "--force", "--time", "0")),
            (("network", "ls"), ("network", "rm", "--force")),
        ):
            if found := run(*PODMAN, *listing, *marked).split():
                run(*PODMAN, *removal, *found)

    def close(self) -> None:
        """Remove them, their image and their keys."""
        self.gone()
        shutil.rmtree(self.folder, ignore_errors=True)
        with turn(print):  # podman fails to list images while another process removes one
            if _name(self.label) in run(*PODMAN, "images", "--format", "{{.Repository}}:{{.Tag}}").split():
                run(*PODMAN, "rmi", _name(self.label))


def _name(label: str) -> str:
    return f"localhost/{label}/plain:1"


def _image(label: str) -> str:
    """The image that all machines of a label are made from, made when first needed."""
    if _name(label) in run(*PODMAN, "images", "--format", "{{.Repository}}:{{.Tag}}").split():
        return _name(label)
    with TemporaryDirectory() as folder:
        tar = f"{folder}/plain.tar"
        run("mmdebstrap", "--variant=minbase", f"--include={','.join(PLAIN)}", SUITE, tar, within=600)
        run(*PODMAN, "import", tar, _name(label))
    return _name(label)


def _keypair(path: Path) -> None:
    for file in (path, path.with_suffix(".pub")):
        file.unlink(missing_ok=True)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path)
