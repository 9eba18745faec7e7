#!/usr/bin/python3 -IS
"""A member of the Galera cluster: its state, whether it may bootstrap the cluster, its health over HTTP.

Every database host has the same copy of this file. What differs by host is in galera-member.json beside it.
These hold whichever process is killed, at any time:

1. No acknowledged write is lost. A member bootstraps the cluster only if it is known to have all of them:
   no other member has data, or it left last and cleanly (`starting`), or no data is newer (`ahead`).
2. There is one cluster. If a peer is in a primary component, members join that and bootstrap nothing.
3. Silence is not consent. A peer that does not answer may have newer data, or serve clients.
4. Only a stopped server has a position to report: starting mariadb.service removes it first.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import time
from enum import StrEnum
from pathlib import Path

PORT, RETRIES = 9200, 5
# Seconds. REMEMBER is how long Galera may take to re-form the cluster by itself.
REMEMBER, STOP, RECOVER, WITHIN, EVERY, STATE_WITHIN = 25, 15, 100, 120, 0.5, 5
# Longer than STATE_WITHIN, so that a peer can answer `unknown` itself.
CURL = ("curl", "--silent", "--fail", "--max-time", "6")
JOIN, BOOTSTRAP = ("systemctl", "start", "mariadb"), ("galera_new_cluster",)
QUERY = ("mariadb", "--skip-column-names", "--batch", "--connect-timeout=2", "--execute")
STATUS = "SHOW GLOBAL STATUS WHERE Variable_name IN"
CLUSTER = f"{STATUS} ('wsrep_cluster_status')"
HEALTH = f"{STATUS} ('wsrep_ready', 'wsrep_local_state', 'wsrep_cluster_state_uuid')"
# The brackets keep it from matching another check that runs at the same moment.
FIND_RSYNC = ("pgrep", "--full", "[w]srep_sst_rsync")
SYNCED, DONOR = "4", "2"
POSITION = r"[0-9a-f-]{36}:-?\d+"
WHERE = ("/usr/local/lib/stagegate/galera-data", "position")
OF_NO_CLUSTER = "00000000-0000-0000-0000-000000000000"
UNKNOWN, SILENT = "unknown", "silent"  # not determined; a peer that did not answer
BY_HAND = "`promote bootstrap` shows what each member has: docs/operate.md, 'All databases are down'"
OWN = ("mysql", "performance_schema", "sys", "test", "lost+found")  # also of one never used


class State(StrEnum):
    """The state of a member. Releases of different age exchange these values."""

    PRIMARY = "primary"
    RUNNING = "running"  # in no primary component
    FRESH = "stopped fresh"  # no data
    SAFE = "stopped safe"  # left last, and cleanly
    DATA = "stopped data"


# The states that may bootstrap the cluster, and the states that all peers must then be in.
MAY_BOOTSTRAP: dict[str, set[str]] = {state: {State.FRESH} for state in (State.FRESH, State.SAFE, State.DATA)}
MAY_BOOTSTRAP[State.SAFE].add(State.DATA)


class MemberError(Exception):
    """What was not done, and why: a program failed, or continuing would be a guess."""


def state_of(*, primary: bool, active: bool, saved: str, databases: bool) -> State:
    """The state of a member. A restored backup, or a lost record, has databases: data all the same."""
    if primary or active:
        return State.PRIMARY if primary else State.RUNNING
    if not re.search(r"^uuid: *[0-9a-f-]*[1-9a-f]", saved, re.MULTILINE):
        return State.DATA if databases else State.FRESH
    return State.SAFE if re.search(r"^safe_to_bootstrap: *1", saved, re.MULTILINE) else State.DATA


def starting(name: str, mine: str, peers: dict[str, str], *, chosen: bool = False) -> tuple[str, ...]:
    """The command that starts the member `name`, from its state and its peers'; empty if it already serves.

    Stopped peers of a `chosen` one may have data. Raises MemberError if it could split or lose the data.
    """
    if mine == State.PRIMARY:
        return ()
    alone = mine == State.DATA and not peers  # it has the only data, and every start bootstraps it
    if mine.startswith("stopped") and (alone or State.PRIMARY in peers.values()):
        return JOIN
    over: set[str] = {State.SAFE, State.DATA} if chosen and mine != State.FRESH else set()
    fit = MAY_BOOTSTRAP.get(mine, set()) | over
    against = {peer: state for peer, state in peers.items() if state not in fit}
    if mine in MAY_BOOTSTRAP and not against:
        return BOOTSTRAP
    seen = ", ".join(f"{member} is «{state}»" for member, state in {name: mine, **against}.items())
    raise MemberError(
        f"{seen}: a cluster may be bootstrapped only where no other member has data, or from the one that "
        f"left last and cleanly. {BY_HAND}"
    )


def ahead(positions: dict[str, str]) -> str:
    """The member with the newest data, of equals the first by name. Raises MemberError if that is unknown."""
    if untold := [name for name, position in positions.items() if not re.fullmatch(POSITION, position)]:
        raise MemberError(f"{', '.join(untold)} did not say where its data end: {BY_HAND}")
    clusters = {position.partition(":")[0] for position in positions.values()}
    if len(positions) > 1 and (len(clusters) > 1 or OF_NO_CLUSTER in clusters):
        raise MemberError(f"the members have data of different clusters, or of none ({positions}): {BY_HAND}")
    return min(positions, key=lambda name: (-int(positions[name].partition(":")[2]), name))


def takes_writes(seen: dict[str, str], *, gives_by_rsync: bool) -> bool:
    """Whether clients may write. A donor serves, but not by rsync, which older releases request."""
    state = seen.get("wsrep_local_state")
    return seen.get("wsrep_ready") == "ON" and (state == SYNCED or (state == DONOR and not gives_by_rsync))


class Machine:
    """The host that a member runs on: its files, clock and programs."""

    root = Path("/")
    now, sleep = staticmethod(time.monotonic), staticmethod(time.sleep)

    def run(self, argv: tuple[str, ...], within: float | None = None) -> subprocess.CompletedProcess[str]:
        """Run a program; return its result. Raises TimeoutExpired if it takes more than `within` seconds."""
        return subprocess.run(argv, capture_output=True, text=True, timeout=within, check=False)


class Member:
    """The member `name` of `members` (addresses by name). `check_timeout` is in seconds."""

    def __init__(self, machine: Machine, name: str, members: dict[str, str], check_timeout: float) -> None:
        self.machine, self.name, self.check_timeout = machine, name, check_timeout
        self.peers = {peer: address for peer, address in members.items() if peer != name}
        data, run = machine.root / "var/lib/mysql", machine.root / "run"
        self.data, self.saved, self.view = data, data / "grastate.dat", data / "gvwstate.dat"
        self.told, self.draining = run / "stagegate/galera-position", run / "mysqld/draining"

    def state(self, within: float | None = None) -> State:
        """Its state. Raises TimeoutExpired if a program takes more than `within` seconds."""
        primary = "\tPrimary" in self.machine.run((*QUERY, CLUSTER), within).stdout
        is_active = ("systemctl", "is-active", "--quiet", "mariadb")
        active = primary or self.machine.run(is_active, within).returncode == 0
        # While another member's data are being received, what is here is a part of a copy.
        whole = not (self.data / "sst_in_progress").exists()
        databases = whole and any(path.is_dir() and path.name not in OWN for path in self.data.glob("[!.#]*"))
        return state_of(primary=primary, active=active, saved=self._text(self.saved), databases=databases)

    def position(self) -> str:
        """The position of its last write if `regain` has determined it, else `unknown`."""
        return self._text(self.told).strip() or UNKNOWN

    def bootstrap(self, *, chosen: bool = False) -> None:
        """Bootstrap the cluster here, or join the existing one. Raises MemberError if it may do neither."""
        mine, peers = self.state(), self._ask_peers("state")
        for retry in range(1, RETRIES + 1):
            if mine not in MAY_BOOTSTRAP or SILENT not in peers.values() or State.PRIMARY in peers.values():
                break
            sys.stderr.write(f"a peer did not answer, retry {retry} of {RETRIES}: {peers}\n")
            self.machine.sleep(1)
            peers = self._ask_peers("state")
        if command := starting(self.name, mine, peers, chosen=chosen):
            if command == BOOTSTRAP:
                self._mark_safe()
            self._must(command)

    def regained(self) -> bool:
        """Whether there is nothing to regain: this member has no data, or a cluster exists."""
        mine = self.state()
        return mine in (State.PRIMARY, State.FRESH) or State.PRIMARY in self._ask_peers("state").values()

    def regain(self) -> None:
        """Re-form the cluster after an outage of all members; all of them run this in parallel.

        Members that remember each other re-form it by themselves. Otherwise each reports its position, and
        the one ahead bootstraps the cluster. Idempotent, even if killed midway. Raises MemberError.
        """
        end = self.machine.now() + WITHIN
        if not self._waited(self.machine.now() + (REMEMBER if self.view.exists() else 0)):
            self.told.parent.mkdir(exist_ok=True)
            self.told.write_text(self._stop())
            positions = self._positions(end)
            if positions and (first := ahead(positions)) == self.name:
                sys.stdout.write(f"starting the cluster from {first}: {positions}\n")
                self._mark_safe()
                self._must(BOOTSTRAP)
            if positions and not self._waited(end):
                raise MemberError(f"no member has started the cluster, which {first} was to: {BY_HAND}")
        self.told.unlink(missing_ok=True)

    def _mark_safe(self) -> None:
        self.view.unlink(missing_ok=True)
        # One byte, in place: a kill leaves the old file or the new one, never one that means «no data».
        if mark := re.search(r"^safe_to_bootstrap: *", self._text(self.saved), re.MULTILINE):
            with self.saved.open("r+b") as file:
                file.seek(mark.end())
                file.write(b"1")

    def _waited(self, end: float) -> bool:
        while not (regained := self.regained()) and self.machine.now() < end:
            self.machine.sleep(EVERY)
        return regained

    def _positions(self, end: float) -> dict[str, str]:
        """The positions of all members that have data; empty if a cluster exists first."""
        while not self.regained():
            states = self._ask_peers("state")
            said = {self.name: self.position(), **self._ask_peers("position")}
            positions = {name: said[name] for name in said if states.get(name) != State.FRESH}
            all_told = all(re.fullmatch(POSITION, position) for position in positions.values())
            if all_told or self.machine.now() >= end:
                return positions
            self.machine.sleep(EVERY)
        return {}

    def _stop(self) -> str:
        """Stop the server; return the position of its last write."""
        stop = ("systemctl", "stop", "mariadb")
        try:
            self._must(stop, STOP)
        except subprocess.TimeoutExpired:
            # While it searches for its cluster it ignores SIGTERM and takes no writes.
            self._must(("systemctl", "kill", "--signal=KILL", "mariadb"))
            self._must(stop, STOP)
        return self._must(WHERE, RECOVER).strip()

    def _ask_peers(self, what: str) -> dict[str, str]:
        urls = {peer: f"http://{address}:{PORT}/{what}" for peer, address in self.peers.items()}
        said = {peer: self.machine.run((*CURL, url)) for peer, url in urls.items()}
        return {peer: SILENT if done.returncode else done.stdout.strip() for peer, done in said.items()}

    @staticmethod
    def _text(path: Path) -> str:
        return path.read_text() if path.exists() else ""

    def _must(self, argv: tuple[str, ...], within: float | None = None) -> str:
        done = self.machine.run(argv, within)
        if done.returncode:
            why = f"{done.stderr[-2000:].strip()} (exit status {done.returncode})"
            raise MemberError(f"{' '.join(argv)} failed on {self.name}: {why}; see journalctl -u mariadb -e")
        return done.stdout

    def answer(self, path: str) -> tuple[int, str]:
        """The HTTP status and text: /state and /position return those, all else whether it takes writes."""
        try:
            if path == "/state":
                return 200, self.state(STATE_WITHIN)
            return (200, self.position()) if path == "/position" else self._health()
        except (OSError, subprocess.TimeoutExpired):
            return (200, UNKNOWN) if path == "/state" else (503, "no answer")

    def _health(self) -> tuple[int, str]:
        if self.draining.exists():
            return 503, "draining"
        asked = self.machine.run((*QUERY, HEALTH), self.check_timeout)
        seen = dict(line.split("\t") for line in asked.stdout.splitlines())
        gives = seen.get("wsrep_local_state") == DONOR
        by_rsync = gives and self.machine.run(FIND_RSYNC, self.check_timeout).returncode == 0
        text = " ".join(f"{name}={value}" for name, value in sorted(seen.items()))
        return 200 if takes_writes(seen, gives_by_rsync=by_rsync) else 503, text or asked.stderr.strip()


def serve(member: Member, address: str, port: int = PORT) -> None:
    """Answer over HTTP forever. The greeting of a database is not enough: it comes even when cut off."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer  # noqa: PLC0415 - one verb needs it

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = member.answer(self.path)
            body = f"{text}\n".encode()
            with contextlib.suppress(ConnectionError):  # the client did not wait
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing: there are several checks a second."""

    ThreadingHTTPServer((address, port), Handler).serve_forever()


def main() -> None:
    """Run the verb that the command line names."""
    settings = json.loads(Path(__file__).with_suffix(".json").read_text())
    member = Member(Machine(), **settings)
    match sys.argv[1:]:
        case ["state"]:
            sys.stdout.write(f"{member.state()}\n")
        case ["bootstrap", *choice] if choice in ([], ["chosen"]):
            member.bootstrap(chosen=bool(choice))
        case ["regain"]:
            member.regain()
        case ["regained"]:
            sys.exit(0 if member.regained() else 1)
        case ["serve"]:
            serve(member, settings["members"][member.name])
        case _:
            sys.exit("usage: galera-member state | bootstrap [chosen] | regain | regained | serve")


if __name__ == "__main__":
    try:
        main()
    except (MemberError, subprocess.TimeoutExpired) as error:
        sys.exit(str(error))
