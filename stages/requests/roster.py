"""What a gate must have seen in a stage: its checks, for every host that carries the component. Pure."""

from stages.config import Gate
from stages.design.blueprint import Blueprint

ONCE = "-"


def roster(gate: Gate, blueprint: Blueprint) -> list[dict[str, str]]:
    """Entries {component, host, check}; host is "-" for a check done once a stage.

    A component that the gate names and no host of the stage carries is left out: the stage has no such role.
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
