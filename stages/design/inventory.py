"""Hosts that exist already: where each host of a stage is, and how it is reached. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """A host that somebody else made, with Debian and sshd. `host_key` is what it must show, pinned."""

    address: str
    host_key: str
    port: int = 22
    interface: str = "eth0"


@dataclass(frozen=True, slots=True)
class Inventory:
    """The machines of a stage, by the names of its hosts.

    `vip` is a free address of their network. `key` is the path of the private key of `user` on this machine;
    a user other than root may become root by sudo without a password.
    `namespace` is the path of a network namespace from which the machines are reached; None: they are
    reached from this machine's own network. `proxy` is the URL by which apt on this machine gets Debian's
    packages; None: as apt does by itself.
    """

    vip: str
    key: str
    machines: Mapping[str, Machine]
    namespace: str | None = None
    user: str = "root"
    proxy: str | None = None
