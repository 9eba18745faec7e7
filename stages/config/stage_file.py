"""The texts with which a stage on machines that exist comes into a config. Pure."""

import json
from collections.abc import Mapping
from typing import cast

import yaml

from stages.design.inventory import Inventory, Machine

KEY = "stages"
USUAL = ("port", 22)
_HEAD = """\
# A stage on machines that exist already: docs/real-hosts.md says what is done to them.

substrate: inventory

roles: # how many hosts of each
{roles}
gates: [smoke] # restart and api may follow, and failover if no host is the only one of its role

inventory:
  vip: {vip} # the address that clients use
  key: {key} # a private key, a file on the machine that runs promote
{user}{namespace}  hosts: # a machine that shows another host key than here is refused
"""


def stage_text(counts: Mapping[str, int], inventory: Inventory, fingerprints: Mapping[str, str]) -> str:
    """The file of a new stage with these hosts; `fingerprints` are those of their host keys, by name."""
    way_in = inventory.namespace
    way_line = "" if way_in is None else f"  namespace: {_scalar(way_in)} # from which they are reached\n"
    head = _HEAD.format(
        roles="".join(f"  {role}: {count}\n" for role, count in counts.items()),
        vip=_scalar(inventory.vip),
        key=_scalar(inventory.key),
        user="" if inventory.user == "root" else f"  user: {inventory.user} # becomes root by sudo\n",
        namespace=way_line,
    )
    hosts = (_host(name, one, fingerprints.get(name, "")) for name, one in inventory.machines.items())
    return head + "".join(hosts)


def with_stage(text: str, stage: str) -> str:
    """The text of stagegate.yaml with one more stage at the end of its list.

    It is returned as it is if it lists the stage already, or has no list of stages.
    """
    stages = _list_of_stages(text)
    if stages is None or not stages.value or stage in listed(text):
        return text
    end = stages.value[-1].end_mark.index
    more = f", {stage}" if stages.flow_style else "\n" + " " * stages.start_mark.column + f"- {stage}"
    return text[:end] + more + text[end:]


def listed(text: str) -> tuple[str, ...]:
    """The stages that the text of stagegate.yaml lists; none if it has no list of them."""
    stages = _list_of_stages(text)
    return () if stages is None else tuple(str(node.value) for node in stages.value)


def _list_of_stages(text: str) -> yaml.SequenceNode | None:
    try:
        site = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:  # reported, with its place, by who reads the config
        return None
    if not isinstance(site, yaml.MappingNode):
        return None
    parts = {key.value: value for key, value in cast("list[tuple[yaml.Node, yaml.Node]]", site.value)}
    found = parts.get(KEY)
    return found if isinstance(found, yaml.SequenceNode) else None


def _host(name: str, machine: Machine, fingerprint: str) -> str:
    own: dict[str, str | int] = {
        "address": machine.address,
        "port": machine.port,
        "interface": machine.interface,
    }
    lines = [f"    {name}:{f' # {fingerprint}' if fingerprint else ''}"]
    lines += [f"      {key}: {_scalar(value)}" for key, value in own.items() if (key, value) != USUAL]
    lines.append(f"      host_key: {machine.host_key}")
    return "\n".join((*lines, ""))


def _scalar(value: str | int) -> str:
    """A value as YAML reads it again; a text is in quotes only where it needs them."""
    text = str(value)
    try:
        plain = yaml.safe_load(text) == value
    except yaml.YAMLError:
        plain = False
    return text if plain else json.dumps(text)
