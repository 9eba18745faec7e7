"""How an API is served, and how it stops: its unit, and the application around the service's own. Pure."""

from stages.balancing import rotation
from stages.design.blueprint import Blueprint, Host
from stages.design.manifest import LIB, File
from stages.design.parts import Mode
from stages.openstack.software import Api
from stages.openstack.text import text

APPLICATION = f"{LIB}/api-application"
ALONE_S = 60.0  # for requests to end in a stage without load balancers; else their server_timeout


def files(blueprint: Blueprint, host: Host) -> tuple[File, ...]:
    """What the units of APIs run, besides uwsgi."""
    balancing = blueprint.settings.get("loadbalancer")
    served_within = balancing.server_timeout if balancing else ALONE_S
    return (
        File(APPLICATION, text(blueprint, host, APPLICATION)),
        *rotation.files(blueprint, host, Mode.HTTP, served_within=served_within),
    )


def unit(blueprint: Blueprint, host: Host, api: Api) -> str:
    """The text of an API's unit. A stop lets the load balancers take it out and its requests end first."""
    runtime = f"stagegate/{api.name}"
    leave = rotation.leaving(
        rotation.backends(blueprint, host, (api.port,)),
        port=api.port,
        mark=f"/run/{runtime}/draining",
        sign=f"/run/{runtime}/drains",
    )
    return text(
        blueprint,
        host,
        "uwsgi.service",
        service=api,
        application=APPLICATION,
        runtime=runtime,
        leave=leave,
        threads=_threads(blueprint, host),
    )


def _threads(blueprint: Blueprint, host: Host) -> int:
    """Threads of each process: those for requests, and one for health checks where there are several.

    An application that bears only one at a time has none to spare: there a check waits for one request.
    """
    threads = int(getattr(blueprint.settings[host.role], "threads", 1))
    return threads + 1 if threads > 1 else 1
