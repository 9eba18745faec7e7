"""The load balancer: HAProxy for every service that a role offers, keepalived for the VIP."""

from collections.abc import Mapping
from pathlib import Path

from stages.design import accounts
from stages.design.blueprint import BALANCER_PORT, POOL_TOLD, Blueprint, Facts, Host, Role, Tier
from stages.design.colours import is_newer
from stages.design.declared import file_of
from stages.design.declaring import Setting
from stages.design.leaving import Act, Going, Leave
from stages.design.manifest import LIB, Command, Directory, File, Manifest, Unit, Wait
from stages.design.parts import Refused
from stages.design.redeploying import from_peers
from stages.design.text import text
from stages.roles.loadbalancer import declared
from stages.roles.loadbalancer.pools import LENT, LENT_UNTIL, SHARES, pools, shares, sources
from stages.roles.loadbalancer.settings import Settings

HAPROXY, KEEPALIVED = "/etc/haproxy/haproxy.cfg", "/etc/keepalived/keepalived.conf"
HERE = Path(__file__).parent
HAPROXY_UNIT = "/etc/systemd/system/haproxy.service.d/stagegate.conf"
# keepalived reports its state only by writing it to a file. FAULT is neither of the two.
IN_TURN = (
    "sh",
    "-c",
    (
        "rm -f /tmp/keepalived.data; kill -USR1 $(cat /run/keepalived.pid) && sleep 0.1"
        " && grep -qE '^ +State = (MASTER|BACKUP)$' /tmp/keepalived.data"
    ),
)
KEEPALIVED_UNIT = "/etc/systemd/system/keepalived.service.d/stagegate.conf"
WATCH, WATCH_UNIT = f"{LIB}/haproxy-watch", "/etc/systemd/system/haproxy-watch.service"
OLD = f"{LIB}/haproxy-old-workers"
OLD_UNIT = "/etc/systemd/system/haproxy-old-workers.service"
MASTER = "/run/haproxy-master.sock"  # as in Debian's unit
ANSWERS = "/run/haproxy-answers"
SAVED, STATE = "/var/lib/haproxy/server-state", f"{LIB}/haproxy-state"
SAVE = (STATE, HAPROXY, "/run/haproxy/admin.sock", SAVED)
SERVERS = f"{LIB}/haproxy-servers"
CLOSED_WITHIN = 30  # seconds to take servers out once their time is over
ALIVE = "http://127.0.0.1:8404/alive"


def manifest(blueprint: Blueprint, host: Host) -> Manifest:
    """HAProxy, keepalived, and what tells one of the other.

    A changed configuration reloads HAProxy or keepalived; only a changed unit restarts it.
    """
    settings = blueprint.settings["loadbalancer"]
    question = _question(settings.track_timeout)
    peers = [peer for peer in blueprint.peers(host) if peer != host]
    shared = shares(blueprint)
    keep = text(blueprint, host, KEEPALIVED, answers=ANSWERS, peers=peers)
    return Manifest(
        host=host.name,
        users=(accounts.user("haproxy"),),
        directories=(Directory(LIB),),
        files=(
            # Refused before it is there: the next start of HAProxy would follow it.
            *(
                (File(SHARES, shared, verify=_program("may-share", SHARES, "{}", _least(blueprint))),)
                if shared
                else ()
            ),
            *_haproxy(blueprint, host, question),
            File(KEEPALIVED, keep, verify=("keepalived", "--config-test", "--use-file={}")),
            File(KEEPALIVED_UNIT, text(blueprint, host, "keepalived.service.conf", answers=ANSWERS)),
            File(STATE, (HERE / "haproxy_state.py").read_text(encoding="utf-8"), mode=0o755),
            File(WATCH, (HERE / "haproxy_watch.py").read_text(encoding="utf-8"), mode=0o755),
            File(SERVERS, _servers_program(), mode=0o755),
            File(WATCH_UNIT, text(blueprint, host, WATCH_UNIT, watch=_watch(settings))),
            File(OLD, (HERE / "old_workers.py").read_text(encoding="utf-8"), mode=0o755),
            File(OLD_UNIT, text(blueprint, host, OLD_UNIT, old_workers=_old_workers(blueprint))),
        ),
        units=(
            Unit("haproxy.service", restart_on=(HAPROXY_UNIT,), reload_on=(HAPROXY,)),
            Unit("haproxy-watch.service", restart_on=(WATCH, WATCH_UNIT)),
            Unit("haproxy-old-workers.service", restart_on=(OLD, OLD_UNIT)),
            Unit("keepalived.service", restart_on=(KEEPALIVED_UNIT,), reload_on=(KEEPALIVED,)),
        ),
        commands=(
            Wait("HAProxy answers", until=question, within=20),
            # After a run that ended between the drain of hosts that were to go and the removal of them.
            Command("use all servers", (SERVERS, "back-in"), unless=(SERVERS, "all-in")),
            *((_share(blueprint),) if shared else ()),
            Wait("keepalived holds the VIP or could take it", until=IN_TURN, within=20),
        ),
    )


def _haproxy(blueprint: Blueprint, host: Host, question: tuple[str, ...]) -> tuple[File, File]:
    """HAProxy's configuration and the drop-in of its unit."""
    balance = text(
        blueprint,
        host,
        HAPROXY,
        ask_port=BALANCER_PORT,
        pools=pools(blueprint),
        sources=sources(blueprint),
        pool_told=POOL_TOLD,
        shares=SHARES,
        lent=LENT,
        lent_until=LENT_UNTIL,
    )
    start = text(blueprint, host, "haproxy.service.conf", question=question, save=SAVE, state=SAVED)
    verify: tuple[str, ...] = ("haproxy", "-c", "-q", "-f", "{}")
    if shares(blueprint):  # all files are verified before any is there, and HAProxy refuses a map that is not
        verify = ("sh", "-c", f': >>{SHARES} && exec "$@"', "sh", *verify)
    return File(HAPROXY, balance, verify=verify), File(HAPROXY_UNIT, start)


def _share(blueprint: Blueprint) -> Command:
    """Have HAProxy send each colour its share, and wait until a colour that has none any more is idle."""
    within = blueprint.settings["loadbalancer"].server_timeout
    return Command(
        "share requests between the colours",
        (SERVERS, "share", SHARES, f"{within:g}", _least(blueprint)),
        unless=(SERVERS, "shared", SHARES),
        within=within + CLOSED_WITHIN,
    )


def _least(blueprint: Blueprint) -> str:
    """How many of a hundred servers of the newer colour must be up before it gets more requests.

    On the way back to the release before one will do, also in a rehearsal of it, for which the stage is drawn
    as for the upgrade: the way back is taken since the newer one is worse.
    """
    least = blueprint.settings["loadbalancer"].least_up if is_newer(blueprint) else 0.0
    return f"{blueprint.colour.value}={least:g}"


def _question(within: float) -> tuple[str, ...]:
    """A command that exits 0 if HAProxy answers; a frozen one has a process and an open port but does not."""
    return ("/usr/bin/curl", "--silent", "--fail", "--output", "/dev/null", "--max-time", f"{within:g}",
            ALIVE)  # fmt: skip


def _watch(settings: Settings) -> tuple[str, ...]:
    """What keeps `ANSWERS` up to date."""
    return (WATCH, "--url", ALIVE, "--file", ANSWERS, "--interval", f"{settings.track_interval:g}",
            "--timeout", f"{settings.track_timeout:g}", "--fall", str(settings.track_fall),
            "--rise", str(settings.track_rise))  # fmt: skip


def _old_workers(blueprint: Blueprint) -> tuple[str, ...]:
    """What ends the connections that a replaced worker has to servers not in use; it looks once a second."""
    offered = (item for role in blueprint.roles.values() for item in role.services)
    return (OLD, "--master", MASTER, "--interval", "1", *(item.name for item in offered if item.one_writer))


def _program(*arguments: str) -> tuple[str, ...]:
    """The program that tells HAProxy about servers, for a host that may have an older one or none."""
    return ("python3", "-I", "-S", "-c", _servers_program(), *arguments)


def ask_shares() -> tuple[str, ...]:
    """The command by which a load balancer tells, by service, how many of a hundred requests green answers.

    It may be of any release, also of one that knew one colour alone, so the program comes with the command.
    """
    return _program("shares", SHARES)


def _servers_program() -> str:
    return (HERE / "servers.py").read_text(encoding="utf-8")


def drain(blueprint: Blueprint, servers: Mapping[str, tuple[str, ...]]) -> Command:
    """Let servers that go, by pool, answer what they got, and send them nothing more.

    The program comes with the command: the host's manifest may be of a release that had none.
    """
    within = blueprint.settings["loadbalancer"].server_timeout
    run = _program("drain", SHARES, f"{within:g}", *_named(servers))
    return Command("drain", run, within=within + CLOSED_WITHIN)


def lend(blueprint: Blueprint, parts: Mapping[str, int], within: float) -> Command:
    """Have green answer so many of a hundred requests to each of these services, for `within` seconds.

    Then HAProxy shares as before, by itself. Again before that, it is for longer.
    """
    told = (f"{service}={part}" for service, part in parts.items())
    return Command("lend", _program("lend", SHARES, f"{within:g}", _least(blueprint), *told))


def take_back() -> Command:
    """End what is lent."""
    return Command("take back", _program("take-back", SHARES))


def counters(*watch: float) -> tuple[str, ...]:
    """The command that prints what HAProxy counts, as JSON: by pool, and by pool and server.

    With two numbers of seconds, how often and for how long, it prints lines about pools meanwhile.
    """
    program = (HERE / "counters.py").read_text(encoding="utf-8")
    return ("python3", "-I", "-S", "-c", program, *(f"{seconds:g}" for seconds in watch))


def expect(servers: Mapping[str, tuple[str, ...]]) -> Command:
    """Send drained servers, by pool, requests as soon as their checks pass, and not before."""
    return Command("expect", _program("expect", *_named(servers)))


def _named(servers: Mapping[str, tuple[str, ...]]) -> list[str]:
    return [f"{pool}/{server}" for pool, of_pool in servers.items() for server in of_pool]


def leave(blueprint: Blueprint, _facts: Facts, going: tuple[Going, ...]) -> tuple[Leave, ...] | Refused:
    """One that stays could take the VIP; the one that goes releases it when it is stopped."""
    stay = blueprint.members("loadbalancer")
    if not stay:
        return Refused("the last one holds the stage's address", next="")
    question = _question(blueprint.settings["loadbalancer"].track_timeout)
    able = (
        Wait("HAProxy answers", until=question, within=20),
        Wait("keepalived holds the VIP or could take it", until=IN_TURN, within=20),
    )
    return tuple(
        Leave(host.name, before=(Act(stay[0].name, f"take the VIP, should {host.name} have it", able),))
        for host in going
    )


def declares(manifest: Manifest) -> tuple[Setting, ...]:
    """The settings of the running HAProxy and keepalived: each change of their configurations is loaded."""
    balance, keep = file_of(manifest, HAPROXY), file_of(manifest, KEEPALIVED)
    return (*declared.haproxy(balance.content), *declared.keepalived(keep.content))


ROLE = Role(
    name="loadbalancer",
    tier=Tier.SHARED,
    slot=0,
    components=("haproxy", "keepalived"),
    folder=HERE,
    manifest=manifest,
    declares=declares,
    leave=leave,
    redeploy=from_peers("loadbalancer", leave),
    # One whose peers no longer expect its adverts would be a second holder of the VIP.
    leaves_first=True,
    drain=drain,
    expect=expect,
    # Every request passes HAProxy, and a machine of its own would never let it wait.
    weight=8,
    real_time=True,
    diagnostics={
        "haproxy-status": ("sh", "-c", "echo 'show stat' | socat -t 2 - /run/haproxy/admin.sock"),
        "haproxy-sessions": ("sh", "-c", "echo 'show sess' | socat -t 2 - /run/haproxy/admin.sock"),
        "haproxy-configuration": ("cat", HAPROXY),
        "keepalived-configuration": ("cat", KEEPALIVED),
        "addresses": ("ip", "address", "show"),
    },
)
