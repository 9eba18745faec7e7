"""The text of a file on a host that runs OpenStack services, from a template of the role or a shared one."""

from pathlib import Path, PurePosixPath
from typing import Any

from stages.design.blueprint import BALANCER_PORT, REGION, Blueprint, Host
from stages.design.ports import Port
from stages.design.rendering import render
from stages.openstack.software import PLUGINS

SHARED = Path(__file__).parent / "templates"


def text(blueprint: Blueprint, host: Host, here: Path | None, name: str, **more: Any) -> str:  # noqa: ANN401 - template values
    """Render the template with this file's name, from the folder `here` or from those that all roles share.

    It can use `section` (the macros of sections.j2) and the addresses of everything in the stage.
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
            "memcached": places(blueprint, host.role, Port.MEMCACHED),
            "messaging": places(blueprint, "messaging", Port.BUS),
            "coordination": places(blueprint, "coordination", Port.SENTINEL),
            "north": places(blueprint, "ovn", Port.NORTHBOUND),
            "south": places(blueprint, "ovn", Port.SOUTHBOUND),
            "store": next(iter(blueprint.hosts_of("object-store")), None),
        }
        | more,
    )


def places(blueprint: Blueprint, role: str, port: int) -> list[str]:
    """The addresses of a role's hosts at this port, as address:port."""
    return [f"{host.address}:{port}" for host in blueprint.hosts_of(role)]
