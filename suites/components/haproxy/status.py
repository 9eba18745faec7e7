"""What HAProxy reports of its servers: `show stat` of the admin socket."""

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from suites.errors import ReadingFailed
from suites.hosts.host import Host
from suites.hosts.reading import Observation

SOCKET = "/run/haproxy/admin.sock"


def asking(command: str) -> str:
    """Return the script that has HAProxy answer. Every host has python3, but not socat."""
    return (
        'python3 -I -c "import socket,sys\n'
        "s=socket.socket(socket.AF_UNIX); s.settimeout(5)\n"
        f"s.connect('{SOCKET}'); s.sendall(b'{command}\\\\n')\n"
        "while d:=s.recv(65536): sys.stdout.buffer.write(d)\n"
        '"'
    )


SHOW_STAT = asking("show stat")
SHOW_INFO_AND_STAT = asking("show info;show stat")
SERVER = "2"


@dataclass(frozen=True, slots=True)
class Server:
    """A server of a backend: its state, whether it is a backup, its current sessions, and its last check.

    `downs` is how often it went down since HAProxy started, `unchanged_s` for how long it has its state.
    """

    backend: str
    name: str
    status: str
    backup: bool
    sessions: int
    check: str
    downs: int = 0
    unchanged_s: float = math.inf

    @property
    def up(self) -> bool:
        """Whether HAProxy would send a client there, even if its state is about to change."""
        return self.status.startswith("UP") or self.status == "no check"


def read(host: Host) -> tuple[Server, ...]:
    """Return a load balancer's servers in the order of its configuration. Raises ReadingFailed."""
    return parse(host.read(SHOW_STAT))


def parse(text: str) -> tuple[Server, ...]:
    """Parse the servers from the CSV of `show stat`. Raises ReadingFailed."""
    if not text.startswith("# pxname,"):
        raise ReadingFailed("the output of `show stat` can't be parsed", why=text[:60])
    rows = csv.DictReader(text.removeprefix("# ").splitlines())
    try:
        return tuple(
            Server(
                backend=row["pxname"],
                name=row["svname"],
                status=row["status"],
                backup=row["bck"] == "1",
                sessions=int(row["scur"]),
                check=row.get("last_chk") or row.get("check_status") or "",
                # Empty for a server that is not checked.
                downs=int(row.get("chkdown") or 0),
                unchanged_s=float(row.get("lastchg") or math.inf),
            )
            for row in rows
            if row["type"] == SERVER
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ReadingFailed("the output of `show stat` can't be parsed", why=str(error)) from None


def all_up(servers: Iterable[Server]) -> Observation:
    """Say whether there are servers and all are up."""
    known = tuple(servers)
    down = [f"{s.backend}/{s.name} is {s.status} ({s.check})" for s in known if s.status != "UP"]
    if down or not known:
        return Observation(holds=False, seen=", ".join(down) or "there is no server in any backend")
    return Observation(holds=True, seen=f"{len(known)} servers UP")


def as_wanted(servers: Iterable[Server], wanted: Mapping[str, Iterable[str]]) -> Observation:
    """Say whether exactly the wanted backends have exactly the wanted servers."""
    there: dict[str, set[str]] = {}
    for server in servers:
        there.setdefault(server.backend, set()).add(server.name)
    wrong = []
    for backend in sorted(set(there) | set(wanted)):
        has, must = there.get(backend, set()), set(wanted.get(backend, ()))
        missing, extra = sorted(must - has), sorted(has - must)
        wrong += [f"{backend} lacks {', '.join(missing)}"] if missing else []
        wrong += [f"{backend} has {', '.join(extra)} too"] if extra else []
    listed = "; ".join(f"{name}: {', '.join(sorted(there[name]))}" for name in sorted(there))
    return Observation(holds=not wrong, seen="; ".join(wrong) or listed)


def writer(servers: Iterable[Server], backend: str) -> str | None:
    """Return the server that gets the backend's new clients: the first that is up, backups last; or None."""
    mine = [server for server in servers if server.backend == backend and server.up]
    chosen = sorted(mine, key=lambda server: server.backup)[:1]
    return chosen[0].name if chosen else None


def one_writer(servers_by_host: Mapping[str, Iterable[Server]], backend: str) -> Observation:
    """Say whether all load balancers send writes to the same server, and none has sessions on another."""
    writers: dict[str, str | None] = {}
    strays: list[str] = []
    for host, servers in servers_by_host.items():
        known = tuple(servers)
        writers[host] = writer(known, backend)
        strays += [
            f"{host} still has {server.sessions} sessions on {server.name}"
            for server in known
            if server.backend == backend and server.sessions and server.name != writers[host]
        ]
    told = ", ".join(f"{host} writes to {name or 'nothing'}" for host, name in writers.items())
    agreed = len(set(writers.values())) == 1 and None not in writers.values()
    return Observation(holds=agreed and not strays, seen="; ".join([told, *strays]))
