"""A config whose stage dev is on machines of its own, and the same stage in the lab."""

from collections.abc import Callable
from pathlib import Path

import small_shape

from stages.design.blueprint import Blueprint
from stages.draft import Draft, draft

SITE = "3fa2c1"
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA"


def on_machines(config: Path, addresses: Callable[[str], str], vip: str, more: str = "") -> Path:
    """Put dev, in the small shape and with smoke alone, on machines at these addresses; return its file."""
    small_shape.cut(config)
    file = config / "stages/dev.yaml"
    text = file.read_text().replace("gates: [smoke, restart, api]", "gates: [smoke]")
    hosts = "".join(
        f"    {host.name}:\n      address: {addresses(host.name)}\n      host_key: {HOST_KEY}\n"
        for host in in_the_lab(config).hosts
    )
    listed = f"\ninventory:\n  vip: {vip}\n  key: /etc/stagegate/root_key\n{more}  hosts:\n{hosts}"
    file.write_text(text.replace("substrate: lab", "substrate: inventory") + listed)
    return file


def in_the_lab(config: Path) -> Blueprint:
    return draft(config, "dev", SITE).blueprint


def drawn(config: Path) -> Draft:
    return draft(config, "dev", SITE)
