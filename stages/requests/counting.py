"""What load balancers answered for each colour: since the last step that asked, as numbers for its result."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

from stages.design.blueprint import Blueprint, Colour, Tier, pool
from stages.errors import HostRefused
from stages.machine.site import write
from stages.requests import deployment
from stages.requests.context import Context
from stages.roles.loadbalancer.counted import Answers, Counters, between
from stages.roles.loadbalancer.role import counters

WITHIN = 20.0  # seconds for an answer


def look(context: Context, balancer: str) -> Counters:
    """What the HAProxy of this host has counted. Raises HostRefused if it does not tell."""
    status, out, err = context.host(balancer).shell(shlex.join(counters()), b"", WITHIN)
    if status:
        raise HostRefused(
            "HAProxy does not tell what it has counted",
            where=balancer,
            why=err.strip() or f"the program ended with {status}",
            next="promote lab status",
            transient=True,
        )
    found: Counters = json.loads(out)
    return found


def services(blueprint: Blueprint) -> tuple[str, ...]:
    """The services that both colours offer."""
    coloured = (name for name, role in blueprint.roles.items() if role.tier is Tier.COLOURED)
    both = (name for name in coloured if len(blueprint.pooled(name)) > 1)
    return tuple(one.name for name in both for one in blueprint.roles[name].services)


def measured(named: Mapping[tuple[str, Colour], Answers]) -> dict[str, float]:
    """The numbers for a step's result, by service, colour and count; of those that are 0, requests."""
    return {
        f"{service} {colour.value} {what}": count
        for (service, colour), answers in named.items()
        for what, count in answers.counts.items()
        if count or what == "requests"
    }


def since(context: Context, before: Counters, after: Counters) -> dict[str, float]:
    """What a load balancer answered between two looks, as numbers for a step's result."""
    return measured(
        {
            (service, colour): between(before, after, pool(service, colour))
            for service in services(context.draft.blueprint)
            for colour in Colour
        }
    )


def last(context: Context, balancer: str) -> Counters | None:
    """What it had counted when `keep` was called last in this deployment; None if it was not."""
    found: Counters | None = _kept(context).get(balancer)
    return found


def keep(context: Context, seen: Mapping[str, Counters]) -> None:
    """Keep what these load balancers have counted, for the next step."""
    known = {**_kept(context), **seen}
    write(_record(context), json.dumps({"began": deployment.began_at(context), "seen": known}))


def _kept(context: Context) -> dict[str, Counters]:
    record = _record(context)
    data = json.loads(record.read_text()) if record.exists() else {}
    return dict(data["seen"]) if data and data["began"] == deployment.began_at(context) else {}


def _record(context: Context) -> Path:
    return context.site.stage(context.stage) / "counters.json"
