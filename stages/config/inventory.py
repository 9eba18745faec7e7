"""The key `inventory` of a stage's file: which machine is which host. All problems at once."""

import ipaddress
import re
from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from stages.config import roles
from stages.config.document import Document
from stages.config.judging import at, judge, mapping
from stages.config.models import Shape
from stages.config.problems import Problem, closest
from stages.design.blueprint import Colour, Host
from stages.design.inventory import Inventory, Machine
from stages.design.planes import planes
from stages.roles import load

KEY, NAME = "inventory", "inventory"


def _ipv4(text: str) -> str:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        raise ValueError(f"{text!r} is no IPv4 address") from None
    return text


def _path(text: str) -> str:
    if not re.fullmatch(r"/[A-Za-z0-9_./-]+", text):
        raise ValueError("must be an absolute path of letters, digits and . _ - /")
    return text


def _host_key(text: str) -> str:
    if not re.fullmatch(r"(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+=*", text):
        raise ValueError("must be the type and the text of a public host key: ssh-ed25519 AAAA…")
    return text


Address = Annotated[str, AfterValidator(_ipv4)]
FilePath = Annotated[str, AfterValidator(_path)]


class MachineShape(Shape):
    """One machine."""

    address: Address
    host_key: Annotated[str, AfterValidator(_host_key)]
    port: int = Field(default=22, ge=1, le=65535)
    interface: str = Field(default="eth0", pattern=r"^[A-Za-z0-9_.-]{1,15}$")


class InventoryShape(Shape):
    """The mapping."""

    vip: Address
    key: FilePath
    namespace: FilePath | None = None
    user: str = Field(default="root", pattern=r"^[a-z_][a-z0-9_-]{0,31}$")
    proxy: str | None = Field(default=None, pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?$")
    hosts: dict[str, MachineShape] = Field(min_length=1)


def judge_inventory(document: Document) -> tuple[Inventory | None, list[Problem]]:
    """Validate a stage's inventory; None and no problem if its substrate has none."""
    wanted = at(document.data, ("substrate",)) == NAME
    there = isinstance(document.data, dict) and KEY in document.data
    if not wanted:
        place = document.key((KEY,)) if there else None
        message = "only a stage with 'substrate: inventory' has machines of its own"
        return None, [Problem.at(place, message, "change the substrate, or remove them")] if place else []
    if not there:
        message = "the key 'inventory' is missing: it says which machine is which host"
        return None, [Problem.at(document.place(("substrate",)), message, "see docs/real-hosts.md")]
    shape, problems = judge(InventoryShape, document, (KEY,))
    problems += _names(document) + _twice(document)
    if shape is None:
        return None, problems
    machines = {name: Machine(**one.model_dump()) for name, one in shape.hosts.items()}
    rest = shape.model_dump(exclude={"hosts"})
    return Inventory(machines=MappingProxyType(machines), **rest), problems


def hosts_of(counts: Mapping[str, int]) -> tuple[Host, ...]:
    """The hosts of a stage with so many of each role, in its order; they have no addresses yet."""
    loaded = {role: load(role) for role in counts}
    drawn = planes(counts, loaded, "0.0.0.0/24", {Colour.BLUE: ""}, outside="")
    return tuple(host for plane in drawn for host in plane.hosts)


def _names(document: Document) -> list[Problem]:
    """The hosts that the roles ask for are the hosts that have a machine."""
    counts = {
        role: count
        for role, count in mapping(document, ("roles",)).items()
        if role in roles.NAMES and type(count) is int
    }
    wanted = [host.name for host in hosts_of(counts)]
    there: dict[str, Any] = mapping(document, (KEY, "hosts"))
    place = document.place((KEY, "hosts"))
    lacking = [
        Problem.at(place, f"{name} has no machine", "add its address, or lower the count of its role")
        for name in wanted
        if name not in there
    ]
    strange = [
        Problem.at(
            document.key((KEY, "hosts", name)), f"the stage has no host {name!r}", closest(name, wanted)
        )
        for name in there
        if name not in wanted
    ]
    return lacking + strange


def _twice(document: Document) -> list[Problem]:
    """No two of the machines and the VIP have one address."""
    vip = at(document.data, (KEY, "vip"))
    places: dict[tuple[str, ...], str] = {(KEY, "vip"): vip} if isinstance(vip, str) else {}
    for name, machine in mapping(document, (KEY, "hosts")).items():
        address = machine.get("address") if isinstance(machine, dict) else None
        if isinstance(address, str):
            places[(KEY, "hosts", name, "address")] = address
    seen = Counter(places.values())
    return [
        Problem.at(
            document.place(path), f"the address {address} is given more than once", "each needs its own"
        )
        for path, address in places.items()
        if seen[address] > 1
    ]
