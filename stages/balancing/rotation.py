"""How a service leaves the load balancers' rotation before its unit stops. Pure."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stages.design.blueprint import BALANCER_PORT, Blueprint, Host, pool
from stages.design.manifest import LIB, File
from stages.design.parts import Mode

PROGRAM = f"{LIB}/leave-rotation"
OF_STAGE = f"{PROGRAM}.json"
TEXT = Path(__file__).parent / "leave_rotation.py"


def files(blueprint: Blueprint, host: Host, mode: Mode, *, served_within: float) -> tuple[File, ...]:
    """The program, and what it has to know of the stage; clients get `served_within` seconds to go.

    Nothing of the stage is in the units that run it: a new peer or another timer restarts no service.
    Where the load balancers have nobody else to take over, it waits only for clients.
    """
    timers = blueprint.settings.get("loadbalancer")
    known: dict[str, Any] = {
        "server": host.name,
        "balancers": {one.name: one.address for one in blueprint.members("loadbalancer")},
        "port": BALANCER_PORT,
        "returned_within": returned_within(timers, mode) if timers else 0.0,
        "noticed_within": noticed_within(timers, mode) if timers else 0.0,
        "served_within": served_within,
    }
    return (
        File(PROGRAM, TEXT.read_text(encoding="utf-8"), mode=0o755),
        File(OF_STAGE, json.dumps(known, indent=2) + "\n"),
    )


def leaving(role_backends: Iterable[str], *, port: int, mark: str, sign: str = "") -> tuple[str, ...]:
    """The command that a unit runs before it stops the service at `port`, which is in these backends.

    `mark` is the file that makes the service's health check say that it drains. If `sign`, a file that the
    service itself makes, is not there, it is not waited for that: it was started by an older release.
    """
    signs = ("--sign", sign) if sign else ()
    return (PROGRAM, "--mark", mark, *signs, "--port", str(int(port)), *role_backends)


def backends(blueprint: Blueprint, host: Host, ports: Iterable[int]) -> tuple[str, ...]:
    """The backends, pools of the host's colour, in which the load balancers have these ports of the host."""
    wanted = set(ports)
    offered = blueprint.roles[host.role].services
    return tuple(pool(item.name, host.colour) for item in offered if item.port in wanted)


def noticed_within(balancing: Any, mode: Mode) -> float:  # noqa: ANN401 - the settings of load balancers
    """The longest until every load balancer has acted on a service that drains, in seconds.

    One check may be under way that began before. Then an HTTP service's first 404 is enough, while any other
    is down after check_fall failures.
    """
    checks = 1 if mode is Mode.HTTP else balancing.check_fall
    between = balancing.check_interval + (checks - 1) * balancing.check_fast_interval
    return float(between + (checks + 1) * _check_timeout(balancing, mode))


def returned_within(balancing: Any, mode: Mode) -> float:  # noqa: ANN401 - as above
    """The longest until every load balancer uses a service that is back, in seconds."""
    each = balancing.check_down_interval + _check_timeout(balancing, mode)
    return float(balancing.check_rise * each)


def _check_timeout(balancing: Any, mode: Mode) -> float:  # noqa: ANN401 - as above
    return float(balancing.http_check_timeout if mode is Mode.HTTP else balancing.check_timeout)
