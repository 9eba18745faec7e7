"""The host of a database that a test makes: files, a clock, and programs that say what the test wants."""

import subprocess
from pathlib import Path

from stages.roles.database.member import WHERE, Member

FRESH, SAFE, DATA, RUNNING, PRIMARY = "stopped fresh", "stopped safe", "stopped data", "running", "primary"
CLUSTER, OTHER = "3f6c1d1e-aaaa-11ee-8000-000000000001", "3f6c1d1e-aaaa-11ee-8000-000000000002"
NOBODY = "00000000-0000-0000-0000-000000000000"
STOP, KILL = ("systemctl", "stop", "mariadb"), ("systemctl", "kill", "--signal=KILL", "mariadb")


def grastate(seqno: int = 7, *, safe: int = 0, uuid: str = CLUSTER) -> str:
    return (
        f"# GALERA saved state\nversion: 2.1\nuuid:    {uuid}\nseqno:   {seqno}\nsafe_to_bootstrap: {safe}\n"
    )


class Killed(BaseException):
    """The program is gone, where it would have run another one."""


class Host:
    """The host of database-1: files below a folder, a clock that only sleeping moves, and programs.

    `peers` has what each peer says at /state and /position; None is a silent one.
    """

    def __init__(self, root: Path, *peers: tuple[str, str] | None, saved: str = "") -> None:
        self.root, self.time, self.ran, self.kill_at = root, 0.0, list[tuple[str, ...]](), -1
        self.peers = {f"http://database-{number}:9200": said for number, said in enumerate(peers, 2)}
        self.active, self.hangs, self.rsync, self.recovered = False, "nothing", 1, f"{CLUSTER}:9"
        self.status: dict[str, str] = {}
        self.data = root / "var/lib/mysql/grastate.dat"
        for folder in (self.data.parent, root / "run/mysqld", root / "run/stagegate"):
            folder.mkdir(parents=True)
        if saved:
            self.data.write_text(saved)
        names = [f"database-{number}" for number in range(1, len(peers) + 2)]
        self.member = Member(self, "database-1", dict(zip(names, names, strict=True)), check_timeout=1.0)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def run(self, argv: tuple[str, ...], within: float | None = None) -> subprocess.CompletedProcess[str]:
        if len(self.ran) == self.kill_at:
            raise Killed
        self.ran.append(argv)
        if within and self.hangs in argv:
            raise subprocess.TimeoutExpired(argv, within)
        return subprocess.CompletedProcess(argv, *self.ended(argv))

    def ended(self, argv: tuple[str, ...]) -> tuple[int, str, str]:
        match argv:
            case ("curl", *_, url):
                place, _, what = url.rpartition("/")
                said = self.peers[place]
                return (7, "", "") if said is None else (0, said[what == "position"] + "\n", "")
            case ("mariadb", *_, query):
                seen = [f"{name}\t{value}\n" for name, value in self.status.items() if name in query]
                return (0, "".join(seen), "") if seen else (1, "", "ERROR 2002: no socket\n")
            case ("systemctl", "is-active", *_) | ("pgrep", *_):
                return int(self.rsync if argv[0] == "pgrep" else not self.active), "", ""
            case ("systemctl", "stop" | "kill", *_):
                self.active, self.hangs = False, "nothing"
            case _ if argv == WHERE:
                where = "" if self.active else self.recovered
                return (
                    (0, f"{where}\n", "") if where else (1, "", "where the data end is not known: corrupted")
                )
            case ("galera_new_cluster",):
                if self.data.exists() and "bootstrap: 1" not in self.data.read_text():
                    return 1, "", "it may not be safe to bootstrap\n"
                self.status["wsrep_cluster_status"] = "Primary"
        return 0, "", ""


def peers(*states: str | None) -> list[tuple[str, str] | None]:
    return [state and (state, "unknown") for state in states]


def stopped(*positions: str) -> list[tuple[str, str] | None]:
    return [(DATA, position) for position in positions]


def host_that_is(state: str, root: Path, *others: str | None) -> Host:
    saved = {SAFE: grastate(safe=1), FRESH: ""}.get(state, grastate())
    host = Host(root, *peers(*others), saved=saved)
    host.active = state in (RUNNING, PRIMARY)
    host.status = {"wsrep_cluster_status": "Primary" if state == PRIMARY else "non-Primary"}
    assert host.member.answer("/state") == (200, state)
    return host
