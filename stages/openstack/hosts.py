"""The manifest of a host that runs OpenStack services. Pure.

It leaves the services stopped: what they need (their schema, their users in Keystone, the message bus) comes
from other hosts, and without it a service would keep restarting and cost a core. A formation starts them.
"""

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from stages.balancing import rotation
from stages.design import accounts
from stages.design.blueprint import POOL_TOLD, Blueprint, Host
from stages.design.manifest import LIB, Directory, File, Manifest, Unit, User, Wait, Wanted
from stages.design.ports import Port
from stages.openstack import serving
from stages.openstack.dependencies import dependencies
from stages.openstack.software import UNITS, Api, Daemon, Software
from stages.openstack.text import text

APPLIED, FILL, DATABASE = f"{LIB}/applied", f"{LIB}/schema", "/etc/stagegate/database.cnf"
PHASE, STALLS, HERE = f"{LIB}/schema-phase", f"{LIB}/write-stalls", Path(__file__).parent
SEEN, MEMCACHED = f"{LIB}/seen-up", "/etc/memcached.conf"
# Bounds an API that hangs. Two Neutrons that started beside three stages and a busy core needed more than two
# minutes for their first answer.
ANSWERS_WITHIN_S = 300
CHECKER = "dependency-check"
CHECK, CHECK_UNIT, CHECKED = f"{LIB}/{CHECKER}", f"{CHECKER}.service", f"/etc/{CHECKER}/dependencies.json"

# Hides the value of every password or secret, and what is between a user's name and an @.
HIDE = (
    r"s#\(password\|secret\|secret_key\) *=.*#\1 = ***#; "
    r"s#\([/,][a-z_]*\):[^@/]*@#\1:***@#g; s#sentinel_password=[^&]*#sentinel_password=***#"
)


def manifest(blueprint: Blueprint, host: Host, software: Software, *, memcached: bool = True) -> Manifest:
    """The host's manifest. A running service is restarted when its configuration changes."""
    files = list(_files(blueprint, host, software))
    wanted = Wanted.RUNNING if software.self_starting else Wanted.NOT_STARTED
    units = [
        Unit(item.unit, wanted, restart_on=(f"{UNITS}/{item.unit}", *_read_by(item, software)))
        for item in software.services
    ]
    if software.database:
        # With these, a host creates each schema once.
        files += [File(path, text(blueprint, host, path), mode=0o755) for path in (APPLIED, FILL)]
        programs = {PHASE: "schema_phase.py", STALLS: "write_stalls.py"}
        files += [
            File(path, (HERE / name).read_text(encoding="utf-8"), mode=0o755)
            for path, name in programs.items()
        ]
        files.append(client(blueprint, host, DATABASE, software.database))
    if memcached:
        files.append(File(MEMCACHED, text(blueprint, host, "memcached.conf")))
        units.append(Unit("memcached.service", restart_on=(MEMCACHED,)))
    if software.apis:
        files.append(File(SEEN, text(blueprint, host, SEEN), mode=0o755))
        files += serving.files(blueprint, host)
    if software.dependencies:
        files += _check(blueprint, host, software)
        units.append(Unit(CHECK_UNIT, restart_on=(CHECK, CHECKED, f"{UNITS}/{CHECK_UNIT}")))
    return Manifest(
        host=host.name,
        users=_users(software),
        directories=_directories(software),
        files=tuple(files),
        units=tuple(units),
        commands=tuple(
            (answers if software.self_starting else _answers_if_running)(host, item) for item in software.apis
        ),
    )


def client(blueprint: Blueprint, host: Host, path: str, account: str) -> File:
    """The option file with which the host connects to the database as this account."""
    return File(path, text(blueprint, host, "database.cnf", account=account), mode=0o600)


def _files(blueprint: Blueprint, host: Host, software: Software) -> Iterator[File]:
    """The services' configuration, the programs that they run, and their units."""
    for path, user in software.configurations.items():
        yield _private(path, text(blueprint, host, path), user)
    for name in software.programs:
        yield File(f"{LIB}/{name}", text(blueprint, host, name), mode=0o755)
    for item in software.services:
        yield File(f"{UNITS}/{item.unit}", _unit(blueprint, host, item))


def _users(software: Software) -> tuple[User, ...]:
    checker = (CHECKER,) if software.dependencies else ()
    return tuple(accounts.user(name) for name in (*software.users, *checker))


def _directories(software: Software) -> tuple[Directory, ...]:
    homes = [*(f"/var/lib/{user}" for user in software.users), *software.homes]
    return (
        Directory(LIB),
        Directory("/etc/stagegate", mode=0o700),
        *(Directory(f"/etc/{user}", mode=0o750, group=user) for user in software.users),
        *(Directory(path, owner=path.split("/")[3], group=path.split("/")[3]) for path in homes),
    )


def _unit(blueprint: Blueprint, host: Host, service: Api | Daemon) -> str:
    if isinstance(service, Api):
        return serving.unit(blueprint, host, service)
    return text(blueprint, host, "daemon.service", service=service)


def _read_by(service: Api | Daemon, software: Software) -> tuple[str, ...]:
    programs = tuple(f"{LIB}/{name}" for name in software.programs)
    run = service.command[:1] if isinstance(service, Daemon) else (serving.APPLICATION,)
    return (
        *(path for path, user in software.configurations.items() if user == service.user),
        *(path for path in run if path in (*programs, serving.APPLICATION)),
    )


def _private(path: str, content: str, user: str) -> File:
    return File(path, content, mode=0o640, group=user)


def _check(blueprint: Blueprint, host: Host, software: Software) -> list[File]:
    asked = dependencies(blueprint, host, software)
    return [
        File(CHECK, text(blueprint, host, "dependency-check"), mode=0o755),
        _private(CHECKED, asked, CHECKER),
        File(f"{UNITS}/{CHECK_UNIT}", text(blueprint, host, CHECK_UNIT)),
    ]


def get(url: str) -> tuple[str, ...]:
    """A command that exits 0 if the URL answers without an error."""
    return ("curl", "--silent", "--fail", "--output", "/dev/null", "--max-time", "10", url)


def get_from(url: str, wanted: str) -> tuple[str, ...]:
    """A command that exits 0 if the load balancers' pool `wanted` answers without an error; else it says why.

    They tell that only while two colours stand, and only to hosts of a colour and to previews.
    """
    told = ("--write-out", f"%header{{{POOL_TOLD.lower()}}}")
    asked = shlex.join((*get(url)[:-1], "--show-error", *told, url))
    wrong = f'echo "{url} is answered by ${{by:-a pool that is not told}}, not by {wanted}" >&2'
    return ("sh", "-c", f'by=$({asked}) && {{ test "$by" = {wanted} || {{ {wrong}; exit 1; }}; }}')


def answers(host: Host, api: Api) -> Wait:
    """Wait until an API answers on its host: the first answer takes a process seconds."""
    url = f"http://{host.address}:{api.port}{api.path}"
    return Wait(f"{api.name} answers", until=get(url), within=ANSWERS_WITHIN_S, every=0.5)


def _answers_if_running(host: Host, api: Api) -> Wait:
    """Wait until an API answers, unless it is not running: then a later step starts it."""
    url = f"http://{host.address}:{api.port}{api.path}"
    asked = f"! systemctl is-active --quiet {api.unit} || {shlex.join(get(url))}"
    return Wait(f"{api.name} answers, if running", until=("sh", "-c", asked), within=ANSWERS_WITHIN_S)


def seen_by_balancers(blueprint: Blueprint, host: Host, ports: Iterable[int]) -> tuple[Wait, ...]:
    """Wait until all load balancers see the host up at these ports: another one may be the next to stop.

    That one may be a host that the config no longer has, so this does not depend on how many it has.
    """
    backends = rotation.backends(blueprint, host, ports)
    if not backends or not blueprint.members("loadbalancer"):
        return ()
    return (Wait("the load balancers see it up", until=(SEEN, *backends)),)


def shown(software: Software) -> dict[str, tuple[str, ...]]:
    """Commands, by name, that print each configuration and the dependency check's answer, without secrets."""
    found = {
        f"{PurePosixPath(path).stem}-configuration": ("sed", "-e", HIDE, path)
        for path in software.configurations
    }
    asked = f"curl -s -m 5 http://$(hostname -i | cut -d' ' -f1):{Port.DEPENDENCY_CHECK}/"
    return found | ({"dependencies": ("sh", "-c", asked)} if software.dependencies else {})
