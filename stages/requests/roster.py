"""The roster of a gate in a stage: its checks, for every host that has the component. Pure."""

from stages.config import Gate
from stages.design.blueprint import Blueprint

ONCE = "-"


def roster(gate: Gate, blueprint: Blueprint) -> list[dict[str, str]]:
    """Entries {component, host, check}; host is "-" for a check done once per stage.

    Leaves out components that no host of the stage has, since the stage lacks their role.
    """
    carriers: dict[str, list[str]] = {}
    for host in blueprint.hosts:
        for component in blueprint.roles[host.role].components:
            carriers.setdefault(component, []).append(host.name)
    each = [
        {"component": component, "host": host, "check": check}
        for component, checks in gate.each_host.items()
        for host in carriers.get(component, [])
        for check in checks
    ]
    once = [
        {"component": component, "host": ONCE, "check": check}
        for component, checks in gate.once.items()
        if component in carriers
        for check in checks
    ]
    return each + once
