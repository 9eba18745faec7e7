"""The settings that a running Open vSwitch must have for ovn-controller."""

import re
from collections.abc import Iterator

from stages.design.declaring import Setting

ASSIGNED = re.compile(r"external-ids:(ovn-[\w-]+)=(\S+)")


def settings(drop_in: str, remotes: str, system_id: str) -> Iterator[Setting]:
    """Yield what the texts set: of ovn-controller's unit, of what tells it the databases, and its name."""
    for name, value in ASSIGNED.findall(drop_in):
        yield Setting("ovn-controller", "external id", name, value)
    told = re.search(r'^remotes="(.*)"$', remotes, re.MULTILINE)
    if told is None:
        raise LookupError("ovn-remotes has no addresses")
    yield Setting("ovn-controller", "external id", "ovn-remote", told[1])
    yield Setting("ovn-controller", "external id", "system-id", system_id.strip())
