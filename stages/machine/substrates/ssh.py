"""Access to hosts: OpenSSH with pinned host keys.

To hosts of the lab it goes through the stage's gateway: ssh itself runs on this machine and opens no
connection, its ProxyCommand enters the gateway's network namespace, and fails if there is none. To machines
that existed before it goes directly, unless the stage's file names a `namespace` of this machine for them.
"""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from stages.design.blueprint import Blueprint
from stages.design.inventory import Inventory
from stages.errors import ProgramFailed
from stages.machine.site import Site, write
from stages.machine.substrates import as_root
from stages.machine.substrates.key_pair import key_pair
from stages.machine.substrates.podman import OPERATOR_NAME, PODMAN, container, namespace


def config_path(site: Site, stage: str) -> Path:
    """The path of the stage's ssh configuration."""
    return site.stage(stage) / "ssh_config"


def configure(site: Site, blueprint: Blueprint) -> Path:
    """Write the stage's ssh configuration, and keys that are missing; return its path."""
    key_pair(site.keys / "id_ed25519")
    for host in blueprint.reachable:
        key_pair(host_keys(site, blueprint.stage, host.name) / "host_key")
    gateway = _gateway(site, blueprint.stage)
    _settle(_record(site, blueprint.stage), gateway)
    site.sockets.mkdir(mode=0o700, exist_ok=True)
    return _write(site, blueprint, site.stage(blueprint.stage), gateway)


def is_configured(site: Site, blueprint: Blueprint) -> bool:
    """Whether the stage's ssh configuration is the one that `configure` would write; writes nothing."""
    files = _files(site, blueprint, site.stage(blueprint.stage), _gateway(site, blueprint.stage))
    return site.sockets.is_dir() and all(_holds(path, text) for path, text in files.items())


def borrow(site: Site, blueprint: Blueprint, folder: Path) -> Path:
    """Write the stage's ssh configuration into any folder, with the keys that exist; create none.

    ssh refuses to talk to a host whose key is not known.
    """
    return _write(site, blueprint, folder, _gateway(site, blueprint.stage))


def _write(site: Site, blueprint: Blueprint, folder: Path, gateway: str) -> Path:
    for path, text in _files(site, blueprint, folder, gateway).items():
        _settle(path, text)
    return folder / "ssh_config"


def _files(site: Site, blueprint: Blueprint, folder: Path, gateway: str) -> Mapping[Path, str]:
    known, hosts = [], []
    for host in blueprint.reachable:
        alias = _alias(site, blueprint.stage, host.name)
        public = host_keys(site, blueprint.stage, host.name) / "host_key.pub"
        if public.exists():
            known.append(f"{alias} {' '.join(public.read_text().split()[:2])}\n")
        hosts.append(f"Host {host.name}\n  HostName {host.address}\n  HostKeyAlias {alias}\n")
    config = "".join(hosts) + _rest(site, blueprint.stage, folder, gateway)
    return {folder / "known_hosts": "".join(known), folder / "ssh_config": config}


def host_keys(site: Site, stage: str, host: str) -> Path:
    """The folder that a host gets its ssh keys from: its own, and the site's public key."""
    return site.keys / "hosts" / stage / host


def equip(site: Site, stage: str, host: str) -> Path:
    """Create a host's keys if they are missing; return their folder."""
    folder = host_keys(site, stage, host)
    key_pair(folder / "host_key")
    authorized = key_pair(site.keys / "id_ed25519").with_suffix(".pub").read_text()
    _settle(folder / "authorized_keys", authorized)
    return folder


def _record(site: Site, stage: str) -> Path:
    return site.stage(stage) / "gateway"


def _gateway(site: Site, stage: str) -> str:
    """The path of the gateway's network namespace, which leads into the stage; empty if there is none.

    podman is asked once per gateway: a new gateway has a new path, and the old path goes with the old one.
    """
    record = _record(site, stage)
    known = Path(record.read_text()) if record.exists() else None
    if known is not None and known.exists() and known.stat().st_dev != known.parent.stat().st_dev:
        return str(known)
    try:
        return namespace(site.id, stage)
    except ProgramFailed:
        return ""


def to_machines(site: Site, stage: str, inventory: Inventory, folder: Path) -> Mapping[Path, str]:
    """The files of ssh alone, by which it reaches the machines of an inventory."""
    gateway = inventory.namespace
    proxy = None if gateway is None else f"nsenter --net={gateway} nc -N %h %p"
    known, hosts = [], []
    for name, machine in inventory.machines.items():
        alias = _alias(site, stage, name)
        known.append(f"{alias} {machine.host_key}\n")
        at = f"  HostName {machine.address}\n  Port {machine.port}\n  HostKeyAlias {alias}\n"
        if inventory.user == as_root.ROOT:
            hosts.append(f"Host {name}\n{at}")
        else:
            behind, way = as_root.proxy(folder, name, inventory.user, proxy)
            hosts.append(f"Host {name}\n{at}{behind}Host {name}{as_root.WAY}\n{at}{way}")
    config = "".join(hosts) + _options(site, folder, Path(inventory.key), proxy)
    return {folder / "known_hosts": "".join(known), folder / "ssh_config": config}


def settle(files: Mapping[Path, str]) -> None:
    """Write the files that are not as they should be."""
    for path, text in files.items():
        _settle(path, text)


def are_settled(files: Mapping[Path, str]) -> bool:
    """Whether `settle` would write nothing."""
    return all(_holds(path, text) for path, text in files.items())


def _rest(site: Site, stage: str, folder: Path, gateway: str) -> str:
    asked = ["inspect", "--format", "{{.NetworkSettings.SandboxKey}}"]
    lookup = shlex.join([*PODMAN, *asked, container(site.id, stage, OPERATOR_NAME)])
    # Looked up again for callers that use this file after the gateway was restarted. nc ends with ssh.
    script = (
        f'there={shlex.quote(gateway)}; [ -e "$there" ] || there=$({lookup}) && [ -n "$there" ]'
        ' && exec nsenter --net="$there" nc -N "$0" "$1"'
    )
    return _options(site, folder, site.keys / "id_ed25519", f"sh -c {shlex.quote(script)} %h %p")


def _options(site: Site, folder: Path, key: Path, proxy: str | None) -> str:
    """What holds for every host: how ssh proves who it is, and whom it believes."""
    return "\n".join(
        [
            "Host *",
            "  User root",
            f"  IdentityFile {_word(key)}",
            "  IdentitiesOnly yes",
            f"  UserKnownHostsFile {_word(folder / 'known_hosts')}",
            "  GlobalKnownHostsFile none",
            "  StrictHostKeyChecking yes",
            "  BatchMode yes",
            "  ConnectTimeout 5",
            "  ServerAliveInterval 2",
            "  ServerAliveCountMax 3",
            # ssh's default uses sntrup761, which costs the client four times as much as the rest of a login.
            "  KexAlgorithms curve25519-sha256",
            "  ControlMaster auto",
            f"  ControlPath {site.sockets}/%C",
            "  ControlPersist 120",
            "  LogLevel ERROR",
            *([] if proxy is None else [f"  ProxyCommand {proxy}"]),
            "",
        ]
    )


def _word(path: Path) -> str:
    """A path as one word of ssh's configuration, in which % begins what ssh replaces."""
    text = str(path).replace("%", "%%")
    return f'"{text}"' if re.search(r"[\s#']", text) else text


def _alias(site: Site, stage: str, host: str) -> str:
    return f"{host}.{stage}.{site.id}"


def _settle(path: Path, text: str) -> None:
    if not _holds(path, text):
        write(path, text)


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text
