"""What a host's manifest declares of what runs there, for suites to compare with what is in effect. Pure.

A manifest says what files hold; a program does what is in its memory. So roles name settings that their
programs report of themselves, with values taken from the very texts that the host gets.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from stages.design.blueprint import Blueprint, Host
from stages.design.declaring import Setting
from stages.design.manifest import File, Manifest, Wanted
from stages.design.rendering import marked

# What hosts have from their substrate: a load balancer listens at the VIP while another one holds it.
KERNEL = {"net.ipv4.ip_nonlocal_bind": "1"}
NOWHERE = "192.0.2.1"  # an address for examples


def declared(blueprint: Blueprint, host: Host, manifest: Manifest) -> dict[str, Any]:
    """What suites compare with the host, as plain JSON: no secret is in it.

    files     by path: the SHA-256 of its text without the lines that have secrets, the numbers of these
              lines from 0, and whether it lists other hosts: a running program need not know of a change
    units     by name: the files that a start reads, and those that a reload reads
    users     by name: the numbers of the account and of its group, where they are fixed
    names     by the name of a host: its address
    kernel    by name: the value
    settings  by component, kind and name: the value that a running program must report
    """
    listing = _listing(blueprint, host, manifest)
    return {
        "files": {file.path: _file(file, listing) for file in manifest.files},
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


def _listing(blueprint: Blueprint, host: Host, manifest: Manifest) -> frozenset[str]:
    """The paths of the files that change as hosts come and go, and for which nothing is restarted then.

    They have a steady text. The files of a host that is alone have none, whether they list hosts or not: so
    what a second one would change counts, too. It may have had one until now.
    """
    role = blueprint.roles[host.role]
    listing = {file.path for file in manifest.files if file.steady is not None}
    if blueprint.peers(host) == (host,):
        alone = {file.path: file.content for file in manifest.files}
        two = role.manifest(_with_peer(blueprint, host), host)
        listing |= {file.path for file in two.files if file.content != alone.get(file.path)}
    return frozenset(listing - set(role.peer_files))


def _with_peer(blueprint: Blueprint, host: Host) -> Blueprint:
    peer = replace(host, name=f"{host.name}-peer", number=host.number + 1, address=NOWHERE)
    planes = tuple(
        replace(plane, hosts=(*plane.hosts, peer)) if host in plane.hosts else plane
        for plane in blueprint.planes
    )
    return replace(blueprint, planes=planes)


def _file(file: File, listing: frozenset[str]) -> dict[str, Any]:
    lines = file.content.split("\n")
    secret = [number for number, line in enumerate(lines) if marked(line)]
    told = "\n".join(line for number, line in enumerate(lines) if number not in secret)
    return {
        "sha256": hashlib.sha256(told.encode()).hexdigest(),
        "secret_lines": secret,
        "lists_hosts": file.path in listing,
    }


def _by_component(settings: Iterable[Setting]) -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for one in settings:
        found.setdefault(one.component, {}).setdefault(one.kind, {})[one.name] = one.value
    return found
