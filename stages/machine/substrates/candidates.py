"""Machines that are no hosts yet: which host key each shows, and what it reports. They are only asked."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

from stages.design.inventory import Inventory, Machine
from stages.errors import HostRefused, ProgramFailed
from stages.machine.running import run
from stages.machine.site import Site
from stages.machine.substrates import as_root, ssh
from stages.machine.substrates.remote import UNREACHABLE, RemoteHost

REPORT = Path(__file__).parent / "programs/report-machine"
# The kinds of host keys, the best first; of each machine the first is pinned that it has.
KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa")
CONNECT, SHOWN, REPORTED = 10, 40.0, 30.0  # seconds


def shown_key(name: str, address: str, port: int, inside: Sequence[str]) -> str:
    """The host key that a machine shows: type and text, for whoever may believe it at first sight.

    `inside` is put in front of the program that asks. Raises HostRefused if nothing answers like sshd.
    """
    asked = ["ssh-keyscan", "-T", str(CONNECT), "-p", str(port), "-t", "ed25519,ecdsa,rsa", address]
    try:
        text, why = run([*inside, *asked], within=SHOWN), "no key of a kind that is known here"
    except ProgramFailed as error:
        text, why = "", error.why
    try:
        return best_key(text)
    except ValueError:
        said = [line for line in why.splitlines() if not line.startswith("#")]
        raise HostRefused(
            "no sshd answers",
            where=name,
            why=f"ssh-keyscan of {address} port {port}, for {CONNECT} s: {'; '.join(said) or 'no key'}",
            next=f"ssh -p {port} root@{address}",
        ) from None


def best_key(text: str) -> str:
    """The best of the keys that ssh-keyscan printed. Raises ValueError if there is none."""
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    keys = {words[1]: words[2] for words in lines if len(words) >= 3}  # noqa: PLR2004 - address, type, text
    for kind in KINDS:
        if kind in keys:
            return f"{kind} {keys[kind]}"
    raise ValueError("no host key")


def fingerprint(key: str) -> str:
    """The fingerprint of a host key, as ssh-keygen prints it. Raises ValueError if its text is no base64."""
    digest = hashlib.sha256(base64.b64decode(key.split()[1], validate=True)).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def way(site: Site, stage: str, inventory: Inventory, folder: Path) -> Path:
    """Write an ssh configuration for these machines into a folder that exists; return its path."""
    ssh.settle(ssh.to_machines(site, stage, inventory, folder))
    return folder / "ssh_config"


def report(host: RemoteHost, login: str) -> str:
    """What the machine says of itself, in the lines of programs/report-machine.

    `login` is how a person gets there. Raises HostRefused if root can't log in, or nothing comes in time.
    """
    try:
        code, out, err = host.shell("sh -s", REPORT, REPORTED)
    except HostRefused as error:
        raise HostRefused("it gives no report", where=host.name, why=error.why, next=login) from None
    if code == UNREACHABLE:
        why = _of_sudo(host) or err.strip() or "no answer"
        raise HostRefused("root can't log in by ssh", where=host.name, why=why, next=login)
    if code != 0:
        why = err.strip() or f"exit status {code}"
        raise HostRefused("it gives no report", where=host.name, why=why, next=login)
    return out


def _of_sudo(host: RemoteHost) -> str:
    """What sudo has against the user who logs in; empty if that is root, or gets no further than ssh."""
    user = RemoteHost(host.name + as_root.WAY, host.ssh_config)
    if f"Host {user.name}\n" not in host.ssh_config.read_text():
        return ""
    try:
        code, _, err = user.shell("sudo -n true", b"", REPORTED)
    except HostRefused:
        return ""
    return "" if code in {0, UNREACHABLE} else f"the user logs in, and sudo refuses: {err.strip()}"


def login(machine: Machine, inventory: Inventory) -> str:
    """The command with which a person gets onto a machine."""
    inside = f"nsenter --net={inventory.namespace} " if inventory.namespace else ""
    return f"{inside}ssh -i {inventory.key} -p {machine.port} {inventory.user}@{machine.address}"
