"""The work of a stage's manifests, handed to other tools: what they need to say that nothing is to change.

Left out, and so done by Stagegate alone: guarded commands, what units were started with, whether clusters,
schemas and services are as they should be. Units that a later step starts are left out, too.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.design.manifest import Manifest, Wanted
from stages.design.rendering import marked, secret
from stages.draft import Draft, draft
from stages.machine import secrets
from stages.machine.site import Site
from stages.machine.substrates import ssh

KINDS = ("users", "directories", "files", "units")


@dataclass(frozen=True)
class Work:
    """A folder with inventories, files with their secrets, and the way to the hosts; for root alone."""

    folder: Path
    hosts: int
    resources: int


def prepare(site: Site, config: Path, stage: str, folder: Path) -> Work:
    """Write a stage's work into an empty folder. The stage must stand: its secrets and keys are there."""
    folder.chmod(0o700)
    drawn = draft(config, stage, site.id)
    ssh_config = ssh.borrow(site, drawn.blueprint, folder)
    wanted = [item for role in drawn.blueprint.roles.values() for item in role.secrets]
    values = secrets.known(site, stage, wanted, drawn.references)
    parts = {
        name: part(manifest, values, folder / "files" / name) for name, manifest in drawn.manifests.items()
    }
    (folder / "inventory.json").write_text(json.dumps(for_ansible(parts, ssh_config)))
    (folder / "inventory.py").write_text(for_pyinfra(parts, ssh_config, drawn))
    return Work(folder, len(parts), sum(len(work[kind]) for work in parts.values() for kind in KINDS))


def part(manifest: Manifest, values: dict[str, str], folder: Path) -> dict[str, list[dict[str, Any]]]:
    """One host's part, its files' contents written into `folder`."""
    folder.mkdir(parents=True)
    whole = manifest.to_json()
    files = []
    for number, entry in enumerate(whole["files"]):
        src = folder / str(number)
        text = entry["content"]
        for name in marked(text):
            text = text.replace(secret(name), values[name])
        src.write_text(text)
        files.append({key: entry[key] for key in ("path", "mode", "owner", "group")} | {"src": str(src)})
    units = [
        {"name": unit.name, "up": unit.wanted is Wanted.RUNNING}
        for unit in manifest.units
        if unit.wanted is not Wanted.NOT_STARTED
    ]
    return {"users": whole["users"], "directories": whole["directories"], "files": files, "units": units}


def for_ansible(parts: dict[str, Any], ssh_config: Path) -> dict[str, Any]:
    hosts = {name: {"work": work} for name, work in parts.items()}
    shared = {
        "ansible_ssh_common_args": f"-F {ssh_config}",
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    return {"all": {"hosts": hosts, "vars": shared}}


def for_pyinfra(parts: dict[str, Any], ssh_config: Path, drawn: Draft) -> str:
    shared = {
        "ssh_config_file": str(ssh_config),
        "ssh_user": "root",
        "ssh_known_hosts_file": str(ssh_config.with_name("pyinfra_known_hosts")),
        "ssh_strict_host_key_checking": "yes",
    }
    # It knows no HostKeyAlias: the same keys, under the addresses.
    known = [line.split(maxsplit=1) for line in ssh_config.with_name("known_hosts").read_text().splitlines()]
    lines = [f"{drawn.blueprint.host(alias.split('.')[0]).address} {key}\n" for alias, key in known]
    ssh_config.with_name("pyinfra_known_hosts").write_text("".join(lines))
    return f"hosts = {[(name, {**shared, 'work': work}) for name, work in parts.items()]!r}\n"
