"""How software comes onto a machine that exists already, and off it again.

What a machine must have before is what every Debian has: sh, tar, awk, dpkg and apt.
"""

import shlex
import tarfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile

from stages.design.accounts import on_machines, table
from stages.design.blueprint import Blueprint, Host
from stages.design.inventory import Machine
from stages.design.manifest import Manifest
from stages.errors import HostRefused
from stages.machine.running import LAST_LINES
from stages.machine.site import Site
from stages.machine.substrates import image, records, software
from stages.machine.substrates.fence import Lease
from stages.machine.substrates.remote import RemoteHost, manifest_request
from stages.machine.substrates.substrate import Creation

PROGRAMS = Path(__file__).parent / "programs"
KEPT = "/var/lib/stagegate"
PLACE, RECORD = f"{KEPT}/arriving", f"{KEPT}/host"
# A package that was removed leaves its name behind.
INSTALLED = "dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\\n' | sed -n 's/^installed //p'"
LOOK, TRANSFER, PREPARE = 30.0, 600.0, 600.0  # seconds; up to 800 MB, and some 200 packages


def bring(site: Site, blueprint: Blueprint, host: RemoteHost, machine: Machine, creation: Creation) -> None:
    """Make the machine a host, from the software of an image.

    Raises HostRefused with all that the machine has against it; nothing there is changed or stopped then.
    """
    own, owner = blueprint.host(host.name), site.owner(blueprint.stage)
    role = blueprint.roles[own.role]
    words = described(blueprint, own, owner, creation.image, image.base_of(creation.image))
    folder = software.fetch(site, creation.image, blueprint.inventory.proxy if blueprint.inventory else None)
    _send(host, f"rm -rf {PLACE}; mkdir -p {PLACE}", _first(blueprint, own, folder))
    said(host, shlex.join(("sh", f"{PLACE}/prepare-host", "check", *words)))
    creation.lease.check()
    record = records.Record(own.address, creation.image, tuple(role.keeps), machine.host_key, machine.port)
    records.put(site, blueprint.stage, host.name, record)
    installed = said(host, INSTALLED)
    _send(host, ":", {f"debs/{deb.name}": deb for deb in software.needed(folder, installed)})
    if role.uses_openstack:
        environment = folder / software.ENVIRONMENT
        said(host, f"cat >{PLACE}/{software.ENVIRONMENT}", environment, TRANSFER)
    creation.lease.check()
    _still(owner, host, creation.lease)
    said(host, shlex.join(("sh", f"{PLACE}/prepare-host", "prepare", *words)), within=PREPARE)


def described(blueprint: Blueprint, host: Host, owner: str, made_of: str, base: str) -> tuple[str, ...]:
    """The words by which prepare-host knows the host made of this image, which is `base` without OpenStack.

    One may be empty: shared hosts have no OpenStack.
    """
    openstack = blueprint.plane(host).openstack
    return owner, host.name, made_of, base, openstack, host.role, host.address, host.interface


def _first(blueprint: Blueprint, own: Host, folder: Path) -> Mapping[str, bytes | Path]:
    """What the machine is checked with, and what is small."""
    return {
        "prepare-host": PROGRAMS / "prepare-host",
        "passwd": "".join(f"{one.passwd}\n" for one in on_machines()).encode(),
        "group": "".join(f"{one.group}\n" for one in on_machines()).encode(),
        "accounts": table(on_machines()).encode(),
        "hosts": "".join(f"{one.address}\t{one.name}\n" for one in blueprint.hosts).encode(),
        "wanted": software.wanted(blueprint.roles[own.role].folder).encode(),
        software.PACKAGES: folder / software.PACKAGES,
    }


def _send(host: RemoteHost, before: str, parts: Mapping[str, bytes | Path]) -> None:
    with NamedTemporaryFile() as file:
        pack(parts, Path(file.name))
        said(host, f"{before}; tar -C {PLACE} -xf -", Path(file.name), TRANSFER)


def _still(owner: str, host: RemoteHost, lease: Lease) -> bool:
    """Stop what this owner has running there, in an orderly way; False if it is no host of this owner."""
    lines = said(host, f"cat {RECORD} 2>/dev/null || :", within=LOOK).splitlines()
    if f"owner={owner}" not in lines:
        return False
    if said(host, "command -v python3 || :", within=LOOK):
        # The applier stops what runs and removes what it wrote, since an empty manifest names none of it.
        host.change("apply", lease, {"digest-key": "00"}, **manifest_request(Manifest(host.name)))
    return True


def take_off(
    owner: str, host: RemoteHost, discards: Sequence[str], lease: Lease, keeps: Sequence[str] = ()
) -> bool:
    """Let the machine be what it was before; False if it is no host of this owner, and was left as it is.

    The directories `discards` go, too. Those in `keeps` stay, and as long as it has them, the machine says
    whose it is.
    """
    if not _still(owner, host, lease):
        # What was sent to a machine that never got any further.
        said(host, f"[ -e {RECORD} ] || {{ rm -rf {PLACE}; rmdir {KEPT} 2>/dev/null || :; }}")
        return False
    program = PROGRAMS / "leave-host"
    said(host, shlex.join(("sh", "-s", "--", owner, *discards, "--", *keeps)), program, PREPARE)
    return True


def pack(parts: Mapping[str, bytes | Path], into: Path) -> None:
    """Write these files, by their names, into a tar archive."""
    with tarfile.open(into, mode="w") as archive:
        for name, content in parts.items():
            if isinstance(content, Path):
                archive.add(content, name)
                continue
            item = tarfile.TarInfo(name)
            item.size, item.mode = len(content), 0o600
            archive.addfile(item, BytesIO(content))


def said(host: RemoteHost, script: str, body: bytes | Path = b"", within: float = LOOK) -> str:
    """What a script on the machine prints. Raises HostRefused if it fails."""
    code, out, err = host.shell(script, body, within)
    if code != 0:
        raise HostRefused(
            f"the machine {host.name} refused, or a program on it failed",
            where=host.name,
            why="\n".join((err or out).strip().splitlines()[-LAST_LINES:]) or f"exit status {code}",
            next="mend what is named, and repeat the command (docs/real-hosts.md)",
        )
    return out
