"""The verb `target`: write down for suites and clients what is under test and how to reach it."""

import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from stages.config.timing import timings
from stages.design.blueprint import REGION, Host
from stages.design.declared import declared
from stages.design.manifest import Wanted
from stages.draft import Draft
from stages.machine import secret_stores, secrets
from stages.machine.images.inputs import python_versions
from stages.machine.references import Kept
from stages.machine.site import write
from stages.machine.substrates.substrate import Levers, Standing
from stages.requests import deployment, view
from stages.requests.context import Context

ADMIN_PASSWORD = "admin_password"  # noqa: S105 - a name, not a value


def make(context: Context) -> tuple[Path, str]:
    """Write clouds.yaml and target.json (mode 0600); returns the latter's path and the environment.

    Raises BadRequest if clients would not get what the gate of the request is about.
    """
    seen, folder = view.shown(context), context.site.stage(context.stage)
    context.substrate.connect()
    standing = context.substrate.standing()
    told = _document(context, seen, standing)
    write(folder / "clouds.yaml", _clouds(context, told["endpoints"]))
    write(folder / "target.json", json.dumps(told, indent=1, sort_keys=True))
    return folder / "target.json", _environment(standing, seen.draft)


def _document(context: Context, seen: view.Shown, standing: Standing) -> dict[str, Any]:
    drawn, blueprint = seen.draft, seen.blueprint
    settings = drawn.config.stage(context.stage).settings
    previews = {colour.value: preview for colour, preview in context.substrate.previews().items()}
    hosts = [_host(context, seen, standing, host) for host in blueprint.hosts]
    others = {host["openstack"] for host in hosts} - {"", drawn.image.openstack}
    offered = [service for role in blueprint.roles.values() for service in role.services]
    document = {
        "protocol": 1,
        "site": context.site.id,
        "stage": context.stage,
        "colour": blueprint.colour.value,
        "release": context.release,
        "deployed_at": deployment.began_at(context),
        "settled_at": deployment.settled_at(context),
        "resumed_at": deployment.resumed_at(context),
        "new": deployment.is_new(context),
        "vip": blueprint.vip,
        "inside": list(view.inside(context, seen, previews)),
        "preview": {name: one.to_json() for name, one in previews.items()},
        "ssh_config": str(context.substrate.ssh_config),
        "hosts": hosts,
        "endpoints": {service.name: service.endpoint(blueprint.vip) for service in offered},
        "clouds": str(context.site.stage(context.stage) / "clouds.yaml"),
        "cloud": context.stage,
        "secrets": {
            secret.name: _place(context, secret.name) for secret in blueprint.secrets if secret.for_suites
        },
        "accounts": {"database_probe": "probe"},
        "versions": {"python": python_versions(drawn.image.lock)},
        "versions_of": {openstack: view.versions(openstack) for openstack in sorted(others)},
        "budgets": _budgets(settings),
        "settings": {name: value.model_dump() for name, value in settings.items()},
        "load": _load(drawn),
    }
    if not previews:
        del document["preview"]
    if document["load"] is None:
        del document["load"]
    return document


def _load(drawn: Draft) -> dict[str, float] | None:
    """The load of the gate that puts one on a stage; None if there is no such gate."""
    loads = [gate.load for gate in drawn.config.gates.values() if gate.load is not None]
    return loads[0].to_json() if loads else None


def _budgets(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        component: {fault: timing.to_json() for fault, timing in faults.items()}
        for component, faults in timings(settings).items()
    }


def _host(context: Context, seen: view.Shown, standing: Standing, host: Host) -> dict[str, Any]:
    openstack = view.runs(context, seen, standing, host)
    earlier = {"earlier": True} if view.is_earlier(context, seen, standing, host) else {}
    found = {**shown(seen.draft, host, context.substrate.levers), "openstack": openstack, **earlier}
    if not view.is_as_drawn(context, seen):
        return found
    manifest = seen.draft.manifests[host.name]
    return {**found, "declared": declared(seen.blueprint, host, manifest)}


def shown(draft: Draft, host: Host, levers: Callable[[str, Sequence[str]], Levers]) -> dict[str, Any]:
    """A host as target.json shows it to the suites. Touches no machine."""
    units = [unit.name for unit in draft.manifests[host.name].units if unit.wanted is not Wanted.STOPPED]
    return {
        "name": host.name,
        "role": host.role,
        "tier": host.tier.value,
        "colour": host.colour.value if host.colour else None,
        "address": host.address,
        "components": list(draft.blueprint.roles[host.role].components),
        "units": units,
        **levers(host.name, units).to_json(),
    }


def _place(context: Context, secret: str) -> dict[str, Any]:
    """Where a secret's value is kept: its file in the site, or its reference from the config.

    Suites read variables and files themselves; what other places hold, a program of this code prints.
    """
    reference = context.draft.references.get(secret)
    if reference is None:
        return {"file": str(secrets.folder(context.site, context.stage) / secret)}
    if reference.kept in (Kept.ENV, Kept.FILE):
        return reference.to_json()
    program = [sys.executable, "-m", secret_stores.__name__, str(reference)]
    return {"program": program, "passed_on": f"STAGEGATE_SECRET_{secret.upper()}"}


def _clouds(context: Context, endpoints: Mapping[str, str]) -> str:
    auth = {
        "auth_url": endpoints.get("identity", ""),
        "username": "admin",
        "project_name": "admin",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
    if ADMIN_PASSWORD not in context.draft.references:  # a referenced secret is not copied here
        password = secrets.folder(context.site, context.stage) / ADMIN_PASSWORD
        auth["password"] = password.read_text() if password.exists() else ""
    return yaml.safe_dump({"clouds": {context.stage: {"auth": auth, "region_name": REGION}}})


def _environment(standing: Standing, drawn: Draft) -> str:
    images = sorted({seen.image for seen in standing.all})
    return hashlib.sha256("\n".join([*images, drawn.topology()]).encode()).hexdigest()
