"""The formations of OpenStack roles: schemas, services, and a last wait until they are ready. Pure."""

import hashlib
import shlex
from collections.abc import Iterable, Sequence

from stages.balancing import rotation
from stages.design.blueprint import Blueprint, Host, Plane
from stages.design.manifest import Command, Wait
from stages.design.parts import Formation, Milestone, Phase, Schema, Tables
from stages.openstack.hosts import ANSWERS_WITHIN_S, APPLIED, FILL, answers, get, get_from, seen_by_balancers
from stages.openstack.software import PLUGINS, Api, Software

# A schema needs only its database, behind the load balancers, so all schemas are created in parallel.
SCHEMA_NEEDS = (Milestone("database", Phase.EXPAND), Milestone("loadbalancer", Phase.SERVE))


def once(name: str, revision: str, runs: Sequence[Sequence[str]], within: float = 300) -> Command:
    """Run these one by one, then record that beside the data; do nothing if it is recorded already.

    What is recorded is the revision and what was run: commands that changed run again, so each must be one
    that may be repeated.
    """
    revised = _revised(revision, runs)
    done = " && ".join(map(shlex.join, (*runs, (APPLIED, "note", name, revised))))
    return Command(name, ("sh", "-c", done), unless=(APPLIED, "known", name, revised), within=within)


def _revised(revision: str, runs: Sequence[Sequence[str]]) -> str:
    argvs = " && ".join(map(shlex.join, runs))
    return f"{revision} {hashlib.sha256(argvs.encode()).hexdigest()[:16]}"


def reachable(client: str) -> Wait:
    """Wait until the database answers the account of this option file."""
    return Wait(
        "the database answers", until=("mariadb", f"--defaults-extra-file={client}", "--execute", "SELECT 1")
    )


def as_user(user: str, *argv: str) -> tuple[str, ...]:
    """The argv that runs a program as a service's own user."""
    return ("runuser", "-u", user, "--", "env", PLUGINS, *argv)


def schema(  # noqa: PLR0913 - each is a value of the formation
    plane: Plane,
    role: str,
    name: str,
    made: Schema,
    *,
    title: str,
    first: Sequence[Sequence[str]] = (),
    then: Sequence[Sequence[str]] = (),
    after: tuple[str, ...] = (),
) -> Formation:
    """Migrate a schema to the plane's OpenStack release, on one host of the role and through the VIP.

    An empty database is first filled from the image's dump. If the release's own command then still changes
    it, the image is defective and the step fails. `first` and `then` run before and after that command.
    """

    def fill(verb: str) -> list[tuple[str, ...]]:
        return [(FILL, verb, database, made.dump, made.client) for database in made.databases]

    runs = (*fill("load"), *first, patiently(made.user, (made,), *made.command), *fill("check"), *then)
    command = once(name, plane.openstack, runs)
    return Formation(
        id=f"schema/{name}",
        kind="schema",
        phase=Phase.EXPAND,
        host=plane.hosts_of(role)[0].name,
        title=title,
        commands=(reachable(made.client), command),
        done=command.unless,
        after=after,
        irreversible="a schema migration can't be reverted",
        needs=SCHEMA_NEEDS,
        tables=Tables(made.databases, name, _revised(plane.openstack, runs)),
    )


def patiently(user: str, schemas: Iterable[Schema], *command: str) -> tuple[str, ...]:
    """A command on schemas that waits for the database without a limit: an ALTER TABLE may take hours.

    The environment goes before the configuration, whose limits are those of services.
    """
    sections = dict.fromkeys(f"OS_{schema.section.upper()}__CONNECTION_PARAMETERS=" for schema in schemas)
    return as_user(user, *sections, *command)


def services(
    blueprint: Blueprint, plane: Plane, role: str, software: Software, after: tuple[str, ...] = ()
) -> tuple[Formation, ...]:
    """Start the services on each host; wait until they answer and load balancers see them up."""
    units = tuple(service.unit for service in software.services)
    listed, count = shlex.join(units), len(units)
    enabled = f"test $(systemctl is-enabled {listed} | grep -cx enabled) = {count}"
    running = f"test $(systemctl is-active {listed} | grep -cx active) = {count}"
    active = ("sh", "-c", f"{enabled} && {running}")
    return tuple(
        Formation(
            id=f"service/{host.name}",
            kind="service",
            phase=Phase.SERVE,
            host=host.name,
            title=f"start {', '.join(service.name for service in software.services)} on {host.name}",
            commands=(
                Command(
                    "start",
                    ("systemctl", "enable", "--now", *units),
                    unless=active,
                    within=ANSWERS_WITHIN_S,
                ),
                *(answers(host, api) for api in software.apis),
                Wait("all services run", until=active, within=60),
                *seen_by_balancers(blueprint, host, (api.port for api in software.apis)),
            ),
            done=active,
            after=after,
        )
        for host in plane.hosts_of(role)
    )


def at_vip(blueprint: Blueprint, host: Host, api: Api, path: str) -> tuple[str, ...]:
    """A command of this host that exits 0 if the API answers at the VIP.

    Where two colours have it, the host's own must answer: load balancers have the other one do it while the
    own has no server up.
    """
    url = f"http://{blueprint.vip}:{api.port}{path}"
    if len(blueprint.pooled(host.role)) == 1:
        return get(url)
    (wanted,) = rotation.backends(blueprint, host, (api.port,))
    return get_from(url, wanted)


def ready(
    blueprint: Blueprint, plane: Plane, role: str, software: Software, after: tuple[str, ...] = ()
) -> Formation:
    """Every API of the role answers through the VIP, and the formations in `after` are done.

    Where two colours have the role, it is the plane's own that must answer.
    """
    hosts = plane.hosts_of(role)
    asked = (at_vip(blueprint, hosts[0], api, api.path) for api in software.apis)
    every = ("sh", "-c", " && ".join(map(shlex.join, asked)))
    answer = "answers" if len(software.apis) == 1 else "answer"
    return Formation(
        id=f"ready/{role}",
        kind="ready",
        phase=Phase.SERVE,
        host=hosts[0].name,
        title=f"{', '.join(api.name for api in software.apis)} {answer} through the VIP",
        commands=(Wait("they answer at the VIP", until=every),),
        done=every,
        after=(*(f"service/{host.name}" for host in hosts), *after),
    )


def behind_schema(
    blueprint: Blueprint, plane: Plane, role: str, software: Software, made: Schema
) -> tuple[Formation, ...]:
    """Migrate the schema of a service on one host, then start the services on all; wait for their APIs.

    The schema's database has the name of the service.
    """
    (service,) = made.databases
    title = f"migrate {service.capitalize()}'s schema to {plane.openstack}"
    return (
        schema(plane, role, service, made, title=title),
        *services(blueprint, plane, role, software, after=(f"schema/{service}",)),
        ready(blueprint, plane, role, software),
    )
