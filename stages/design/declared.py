"""What a host's manifest declares of what runs there, for suites to compare with what is in effect. Pure.

A manifest says what files hold; a program does what is in its memory. So roles name settings that their
programs report of themselves, with values taken from the very texts that the host gets.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from stages.design.blueprint import Blueprint, Host
from stages.design.declaring import Setting
from stages.design.manifest import File, Manifest, Wanted
from stages.design.rendering import marked

# What hosts have from their substrate: a load balancer listens at the VIP while another one holds it.
KERNEL = {"net.ipv4.ip_nonlocal_bind": "1"}


def declared(blueprint: Blueprint, host: Host, manifest: Manifest) -> dict[str, Any]:
    """What suites compare with the host, as plain JSON: no secret is in it.

    files     by path: the SHA-256 of its text without the lines that have secrets, the numbers of these
              lines from 0, and whether it lists other hosts, so that a running program need not know it
    units     by name: the files that a start reads, and those that a reload reads
    users     by name: the numbers of the account and of its group, where they are fixed
    names     by the name of a host: its address
    kernel    by name: the value
    settings  by component, kind and name: the value that a running program must report
    """
    return {
        "files": {file.path: _file(file) for file in manifest.files},
        "units": {
            unit.name: {"starts_with": list(unit.restart_on), "reloads": list(unit.reload_on)}
            for unit in manifest.units
            if unit.wanted is not Wanted.STOPPED
        },
        "users": {user.name: [user.uid, user.gid] for user in manifest.users if user.uid is not None},
        "names": {one.name: one.address for one in blueprint.reachable},
        "kernel": dict(KERNEL),
        "settings": _by_component(blueprint.roles[host.role].declares(manifest)),
    }


def file_of(manifest: Manifest, path: str) -> File:
    """The file of a manifest with this path. Raises KeyError."""
    return {file.path: file for file in manifest.files}[path]


def lasting(file: File, read: Callable[[str], dict[str, str]]) -> dict[str, str]:
    """The settings that `read` finds in a file and in its steady text alike, by name.

    The others change as hosts come and go: a running program learns of that at its next start.
    """
    found = read(file.content)
    few = found if file.steady is None else read(file.steady)
    return {name: value for name, value in found.items() if few.get(name) == value}


def _file(file: File) -> dict[str, Any]:
    lines = file.content.split("\n")
    secret = [number for number, line in enumerate(lines) if marked(line)]
    told = "\n".join(line for number, line in enumerate(lines) if number not in secret)
    return {
        "sha256": hashlib.sha256(told.encode()).hexdigest(),
        "secret_lines": secret,
        "lists_hosts": file.steady is not None,
    }


def _by_component(settings: Iterable[Setting]) -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for one in settings:
        found.setdefault(one.component, {}).setdefault(one.kind, {})[one.name] = one.value
    return found
