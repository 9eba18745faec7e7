"""What of a host's files restarts its programs: all but what changes as other hosts come and go. Pure.

Files list other hosts: the members of a cluster, brokers, caches. A running program that knows some of them
serves as well as before when one is added; it learns of the others at its next start. So such a file has two
texts: the one that is written, and a steady one, of the same stage with few hosts, which restarts compare.
Reloads compare what is written.

A role names the files of which that is not true: `Role.peer_files`.
"""

from dataclasses import replace

from stages.design.accounts import elsewhere
from stages.design.blueprint import Blueprint, Host
from stages.design.manifest import File, Manifest

# Of other roles. A program that knows one host only is lost with it, so it must learn of the second at once.
KNOWN = 2


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """What the host must be, by its role, with the steady text of each file that lists other hosts.

    On machines that somebody else made, accounts are as `accounts.elsewhere` has them.
    """
    role = blueprint.roles[host.role]
    made = role.manifest(blueprint, host)
    users = made.users if blueprint.inventory is None else elsewhere(made.users)
    few = {file.path: file.content for file in role.manifest(with_few(blueprint, host), host).files}
    return replace(
        made,
        users=users,
        files=tuple(
            file if file.path in role.peer_files else _with_steady(file, few[file.path])
            for file in made.files
        ),
    )


def with_few(blueprint: Blueprint, host: Host) -> Blueprint:
    """The same stage with this host alone of its role in its plane, and the first two of each other role."""
    kept = {
        one.name
        for plane in blueprint.planes
        for role in blueprint.roles
        for one in plane.hosts_of(role)[:KNOWN]
    }
    peers = {one.name for one in blueprint.peers(host)}
    return blueprint.having(kept - peers | {host.name})


def _with_steady(file: File, text: str) -> File:
    return file if file.content == text else replace(file, steady=text)
