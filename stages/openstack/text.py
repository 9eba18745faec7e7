"""The text of a file on a host that runs OpenStack services, from a template of the role or a shared one."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stages.design.blueprint import BALANCER_PORT, REGION, Blueprint, Host
from stages.design.ports import Port
from stages.design.text import text as role_text
from stages.openstack.limits import Limits
from stages.openstack.software import PLUGINS

# How many of Keystone's hosts, the first of their plane, cache for all of it. One may be lost; a third host
# changes nothing.
CACHES = 2
SHARED = Path(__file__).parent / "templates"


def text(blueprint: Blueprint, host: Host, path: str, **more: Any) -> str:  # noqa: ANN401 - template values
    """Render the template with the file's name, of the host's role or else of those that all roles share.

    It can use `section` (the macros of sections.j2) and the addresses of everything in the stage, too.
    """
    return role_text(
        blueprint,
        host,
        path,
        also=SHARED,
        region=REGION,
        plugins=PLUGINS,
        balancers=blueprint.members("loadbalancer"),
        balancer_port=BALANCER_PORT,
        memcached=f"{host.address}:{Port.MEMCACHED}",
        caches=places(blueprint.plane(host).hosts_of("identity"), Port.MEMCACHED)[:CACHES],
        messaging=places(blueprint.members("messaging"), Port.BUS),
        coordination=places(blueprint.members("coordination"), Port.SENTINEL),
        north=places(blueprint.members("ovn"), Port.NORTHBOUND),
        south=places(blueprint.members("ovn"), Port.SOUTHBOUND),
        store=next(iter(blueprint.members("object-store")), None),
        limits=Limits(blueprint.settings),
        **more,
    )


def places(hosts: Iterable[Host], port: int) -> list[str]:
    """The addresses of the hosts at this port, as address:port."""
    return [f"{host.address}:{port}" for host in hosts]
