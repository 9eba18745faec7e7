"""Observe a stage: call the applier once on each host that runs."""

import secrets
import shlex
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from stages.design.blueprint import Blueprint
from stages.design.manifest import Manifest
from stages.design.parts import Formation, Refused
from stages.draft import Draft
from stages.errors import HostRefused
from stages.machine.retrying import retry_once
from stages.machine.secrets import DIGEST_KEY, known, of_host
from stages.machine.site import Site
from stages.machine.substrates.remote import RemoteHost, manifest_request
from stages.machine.substrates.substrate import Seen, Standing
from stages.openstack import pending
from stages.openstack.formed import formed
from stages.openstack.releases import Releases
from stages.planning.observed import HostSeen, Observed, State

WITHIN = 30.0  # seconds for a host to report its state, besides what its commands may take
# Seconds for one command on it, a bound for one that hangs: beside busy programs, a Python that asks an API
# took 12 s to start and answer. A slower one counts as not done, but the host does not count as silent.
ANSWER = 30
LOOK = 100  # seconds for a command of `looks`, which may have to recover a database


@dataclass(frozen=True, slots=True)
class _Asking:
    """How hosts are asked: the way to one by its name, what each is asked, and whether `looks` are, too."""

    reach: Callable[[str], RemoteHost]
    request: Mapping[str, Any]
    looks: bool
    releases: Releases


def observe(  # noqa: PLR0913 - what is asked, where, and how
    site: Site,
    draft: Draft,
    releases: Releases,
    standing: Standing,
    reach: Callable[[str], RemoteHost],
    *,
    looks: bool = False,
) -> Observed:
    """The current state of the stage that stands; `reach` gives access to a host by name. Changes nothing.

    `releases` are the OpenStack releases that the code knows. With `looks`, it also asks what a person must
    know before a bootstrap, which may take minutes. Raises SecretUnusable when a referenced secret has no
    usable value: no step could be performed.
    """
    blueprint, manifests = draft.blueprint, draft.manifests
    asking = _Asking(reach, _request(site, draft), looks, releases)
    found = standing.hosts
    if not found or standing.elsewhere:
        return Observed(standing.gateway, {}, standing.elsewhere, standing.previews)
    with ThreadPoolExecutor(max_workers=len(found)) as pool:  # all in parallel: it is mostly waiting
        hosts = pool.map(
            lambda seen: _host(asking, blueprint, seen, manifests.get(seen.host)),
            found.values(),
        )
        seen = dict(zip(found, hosts, strict=True))
        return Observed(standing.gateway, seen, previews=standing.previews)


def _request(site: Site, draft: Draft) -> dict[str, Any]:
    wanted = draft.blueprint.secrets
    values = known(site, draft.blueprint.stage, wanted, draft.references)
    # A secret that is not generated yet is on no host: a random value makes its file differ.
    placeholders = {secret.name: secrets.token_hex(16) for secret in wanted} | {
        DIGEST_KEY: secrets.token_hex(16)
    }
    values = placeholders | values
    return {"mode": "dry_run", "secrets": values, "digest_key": values[DIGEST_KEY]}


def _host(asking: _Asking, blueprint: Blueprint, seen: Seen, manifest: Manifest | None) -> HostSeen:
    known = _known(seen)
    if known.state is not State.RUNNING:
        return known
    if manifest is None:
        return replace(known, facts=_facts_beside(asking, blueprint, seen.host))
    host = asking.reach(seen.host)
    own = of_host(asking.request["secrets"], manifest)
    formations = _formations(blueprint, seen.host, asking.releases)
    role = blueprint.roles[blueprint.host(seen.host).role]
    slow = role.looks if asking.looks else {}
    asked = {**role.facts, **{f"done:{item.id}": item.done for item in formations if item.done}, **slow}
    within = {name: LOOK if name in slow else ANSWER for name in asked}
    facts = [{"name": name, "run": list(argv), "within": within[name]} for name, argv in asked.items()]
    retried = [seen.retried] if seen.retried else []
    try:
        whole = {**asking.request, "secrets": own, **manifest_request(manifest), "facts": facts}
        # A silent host is replaced, so each gets a second chance to answer.
        reply = retry_once(
            lambda: host.ask(whole, within=WITHIN + sum(within.values())),
            lambda error: isinstance(error, HostRefused),
            lambda error: retried.append(f"{error.what} ({error.why})"),
        )
    except HostRefused as error:
        return replace(known, state=State.SILENT, why=error.why, retried="; ".join(retried))
    if not reply["ok"]:  # it can't report its state: treated as silent
        return replace(known, state=State.SILENT, why=reply["error"]["what"])
    answers = reply["facts"]
    return replace(
        known,
        changes=tuple(f"{change['action']} {change['kind']} {change['name']}" for change in reply["changes"]),
        facts={
            name: answers[name]["stdout"].strip() for name in (*role.facts, *slow) if answers[name]["rc"] == 0
        },
        done=frozenset(item.id for item in formations if item.done and answers[f"done:{item.id}"]["rc"] == 0),
        retried="; ".join(retried),
    )


def _facts_beside(asking: _Asking, blueprint: Blueprint, name: str) -> dict[str, str]:
    """What a host of the colour beside tells of the schemas, which are of both; nothing if it does not."""
    beside = () if blueprint.beside is None else blueprint.beside.hosts
    roles = (blueprint.roles.get(host.role) for host in beside if host.name == name)
    if not any(role is not None and pending.FACT in role.facts for role in roles):
        return {}
    try:
        status, out, _ = asking.reach(name).shell(shlex.join(pending.ASK), b"", ANSWER)
    except HostRefused:  # another one of them may tell
        return {}
    return {pending.FACT: out.strip()} if status == 0 else {}


def _known(seen: Seen) -> HostSeen:
    """What its substrate tells of a host that was not asked yet."""
    state = State.SILENT if seen.silent else State.RUNNING if seen.running else State.STOPPED
    return HostSeen(
        state,
        seen.image,
        seen.openstack,
        base=seen.base,
        packages=seen.packages,
        retried=seen.retried,
        why=seen.silent,
        address=seen.address,
        outliving=seen.outliving,
    )


def _formations(blueprint: Blueprint, host: str, releases: Releases) -> list[Formation]:
    """The formations of this host; their ids and checks do not depend on the facts."""
    roles = blueprint.roles.items()
    made = [
        formed(blueprint, role, plane, {}, releases)
        for name, role in roles
        for plane in blueprint.planes_of(name)
    ]
    known = [item for of_role in made if not isinstance(of_role, Refused) for item in of_role]
    return [item for item in known if item.host == host]
