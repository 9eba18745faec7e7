"""Stages as the shipped config draws them, but for most roles, as values; nothing here touches a machine."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import small_shape
from config_sample import SHIPPED

from stages.design.blueprint import Blueprint, Colour
from stages.design.manifest import Manifest
from stages.design.parts import Formation
from stages.design.planes import planes
from stages.draft import Draft, draft
from stages.machine.images import releases
from stages.openstack.formed import formed as formed_in
from stages.planning.observed import HostSeen, Observed, State
from stages.planning.order import make
from stages.planning.steps import Desired, Plan, Step

_FOLDER = tempfile.TemporaryDirectory()
CONFIG = shutil.copytree(SHIPPED, Path(_FOLDER.name, "config"))
small_shape.cut(CONFIG)
SITE = "3fa2c1"
WHOLE = "whole-"
IMAGE, OLD_IMAGE = "sha256:new", "sha256:old"
OPENSTACK = "2026.1"
Facts = Mapping[str, Mapping[str, str]]
DATABASES = ("database-1", "database-2", "database-3")


@cache
def drafted(stage: str, site: str = SITE) -> Draft:
    """The stage; with few roles, but for one called `whole-<stage>`."""
    config = SHIPPED if stage.startswith(WHOLE) else CONFIG
    return draft(config, stage.removeprefix(WHOLE), site)


def blueprint(stage: str = "prod") -> Blueprint:
    return drafted(stage).blueprint


def manifest(stage: str, host: str) -> Manifest:
    return drafted(stage).manifests[host]


def content(stage: str, host: str, path: str) -> str:
    """The text of a file that the host is to have."""
    (found,) = [file.content for file in manifest(stage, host).files if file.path == path]
    return found


def defined(stage: str, host: str, path: str) -> dict[str, Any]:
    """What a Python program of the host defines, without its being run."""
    found: dict[str, Any] = {"__name__": "program"}
    exec(compile(content(stage, host, path), path, "exec", dont_inherit=True), found)  # noqa: S102 - our own text
    return found


def wanted(stage: str = "prod", image: str | None = IMAGE, *, build: bool = False) -> Desired:
    """What a release asks for that was verified in the stage before, or is built here."""
    return Desired(image, build, recorded=not build, manifests=digests(stage), releases=releases.read())


@cache
def digests(stage: str) -> Mapping[str, str]:
    """Of the manifests of the stage, by host."""
    return {name: made.digest() for name, made in drafted(stage).manifests.items()}


def all_well(stage: str = "prod") -> Observed:
    """The stage as it is when there is nothing to do."""
    drawn, hosts = blueprint(stage), {}
    done = all_done(drawn)
    for host in drawn.hosts:
        facts = {"galera": "primary"} if host.role == "database" else {}
        hosts[host.name] = HostSeen(State.RUNNING, IMAGE, OPENSTACK, facts=facts, done=done[host.name])
    return Observed(gateway=True, hosts=hosts)


def all_done(drawn: Blueprint) -> Mapping[str, frozenset[str]]:
    """By host, its formations: those that a host reports as done when there is nothing to do."""
    every: list[Formation] = []
    for role in drawn.roles.values():
        for plane in drawn.planes_of(role.name):
            found = formed_in(drawn, role, plane, {}, releases.read())
            assert isinstance(found, tuple)
            every += found
    return {host.name: frozenset(one.id for one in every if one.host == host.name) for host in drawn.hosts}


def but(observed: Observed, **changed: HostSeen | None) -> Observed:
    """The same, but for some hosts (their names with _ for -); None takes one away."""
    names = {name.replace("_", "-"): seen for name, seen in changed.items()}
    hosts = {name: seen for name, seen in {**observed.hosts, **names}.items() if seen is not None}
    return replace(observed, hosts=hosts)


def altered(observed: Observed, *names: str, **fields: object) -> Observed:
    """The same, but for some fields of these hosts."""
    hosts = {name: replace(observed.host(name), **fields) for name in names}  # type: ignore[arg-type] # each test names fields it knows
    return but(observed, **hosts)


def planned(observed: Observed, stage: str = "prod", what: Desired | None = None) -> Plan:
    plan = make(blueprint(stage), observed, what or wanted(stage))
    assert_sound(plan)
    return plan


def assert_sound(plan: Plan) -> None:
    """Every need is a step that stands before the one that needs it, and no id is there twice."""
    seen: set[str] = set()
    for step in plan.steps:
        assert step.id not in seen, f"{step.id} is there twice"
        assert set(step.needs) <= seen, f"{step.id} needs {set(step.needs) - seen}, which do not come before"
        seen.add(step.id)


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.steps]


def behind(plan: Plan) -> dict[str, set[str]]:
    """For each step all steps that must have ended before it may begin."""
    found: dict[str, set[str]] = {}
    for step in plan.steps:
        found[step.id] = set(step.needs).union(*(found[need] for need in step.needs))
    return found


def step(plan: Plan, name: str) -> Step:
    (found,) = [item for item in plan.steps if item.id == name]
    return found


def formed(stage: str, role: str, facts: Facts | None = None) -> tuple[Formation, ...]:
    """What is done for a role's hosts once they have their manifests; without facts, of a new stage."""
    drawn = blueprint(stage)
    (plane,) = drawn.planes_of(role)
    found = drawn.roles[role].form(drawn, plane, facts or {})
    assert isinstance(found, tuple)
    return found


def with_planes(
    drawn: Blueprint, releases: Mapping[Colour, str], counts: Mapping[str, int] | None = None
) -> Blueprint:
    """The same stage with a plane for each of these colours, and so many hosts of these roles."""
    now = {role: len(drawn.serving(role)) for role in drawn.roles}
    made = planes(
        now | dict(counts or {}),
        drawn.roles,
        drawn.network,
        releases,
        outside=releases.get(drawn.colour, OPENSTACK),
    )
    return replace(drawn, planes=made)
