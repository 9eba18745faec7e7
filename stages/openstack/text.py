"""The text of a file on a host that runs OpenStack services, from a template of the role or of all roles."""

from pathlib import Path, PurePosixPath
from typing import Any

from stages.design.blueprint import BALANCER_PORT, REGION, Blueprint, Host
from stages.design.rendering import render
from stages.openstack.software import PLUGINS

SHARED = Path(__file__).parent / "templates"
RABBIT, SENTINEL, SOUTH, NORTH = 5672, 26379, 6642, 6641


def text(blueprint: Blueprint, host: Host, here: Path | None, name: str, **more: Any) -> str:  # noqa: ANN401 - template values
    """The template of this file's name, in the folder `here` or among those that all roles share.

    In it stand `section`, the macros of sections.j2, and where in the stage everything is.
    """
    folder = here / "templates" if here else SHARED
    return render(
        folder,
        PurePosixPath(name).name,
        also=SHARED,
        **{
            "host": host,
            "stage": blueprint.stage,
            "vip": blueprint.vip,
            "region": REGION,
            "plugins": PLUGINS,
            "settings": blueprint.settings[host.role],
            "peers": blueprint.hosts_of(host.role),
            "balancers": blueprint.hosts_of("loadbalancer"),
            "balancer_port": BALANCER_PORT,
            "memcached": [f"{peer.address}:11211" for peer in blueprint.hosts_of(host.role)],
            "messaging": places(blueprint, "messaging", RABBIT),
            "coordination": places(blueprint, "coordination", SENTINEL),
            "north": places(blueprint, "ovn", NORTH),
            "south": places(blueprint, "ovn", SOUTH),
            "store": next(iter(blueprint.hosts_of("object-store")), None),
        }
        | more,
    )


def places(blueprint: Blueprint, role: str, port: int) -> list[str]:
    """Where the hosts of a role answer, as address:port."""
    return [f"{host.address}:{port}" for host in blueprint.hosts_of(role)]
