"""What the verdict of each component rests on, as a digest: with equal inputs, evidence may be reused."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from stages import roles as known_roles
from stages.config import Gate
from stages.config.timing import timings
from stages.design.manifest import canonical
from stages.design.reliance import rests_on
from stages.draft import Draft
from stages.machine import suites_code
from stages.machine.substrates.substrate import Levers
from stages.requests import target


def inputs(
    draft: Draft, gate: Gate, image: str | None, levers: Callable[[str, Sequence[str]], Levers]
) -> dict[str, dict[str, Any]]:
    """By component: `digest`, SHA-256 in hex, and `hosts`, the sorted names of hosts that carry any of it.

    The digest covers the gate's definition, the suites' code, the OpenStack release, the image (`image` is
    the content digest recorded for the release, if any), the budgets of the component's faults, and each role
    that the component rests on: its settings, and its hosts as target.json shows them, with their manifests
    and `levers`.
    Nothing in it is a release's name or a time.

    Components that no host of the stage carries are there, too, without hosts: a check may look at one that
    the stage lacks. Raises OSError when the suites can't be read.
    """
    beneath = {
        "gate": [gate.name, gate.definition()],
        "suites": suites_code.digest(),
        "openstack": draft.config.openstack,
        "image": [draft.image.digest, image],
    }
    of_role = {name: _role(draft, name, levers) for name in draft.blueprint.roles}
    budgets = timings(draft.blueprint.settings)
    found = {}
    for component in _known():
        names = rests_on(draft.blueprint.roles, component)
        times = {fault: timing.to_json() for fault, timing in budgets.get(component, {}).items()}
        own = {"component": component, "budgets": times, "roles": {name: of_role[name] for name in names}}
        hosts = sorted(host.name for name in names for host in draft.blueprint.everywhere(name))
        found[component] = {"digest": _digest({**beneath, **own}), "hosts": hosts}
    return found


def _known() -> list[str]:
    """All components of all roles, sorted."""
    return sorted({name for role in known_roles.ROLES for name in known_roles.load(role).components})


def _role(draft: Draft, name: str, levers: Callable[[str, Sequence[str]], Levers]) -> str:
    hosts = draft.blueprint.everywhere(name)
    settings = draft.blueprint.settings[name].model_dump()
    shown = [[target.shown(draft, host, levers), draft.manifests[host.name].digest()] for host in hosts]
    return _digest({"settings": settings, "hosts": shown})


def _digest(parts: object) -> str:
    return hashlib.sha256(canonical(parts)).hexdigest()
