"""What a database host decides by itself: what it is, whether it starts the cluster, whether clients may write."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from stage_sample import blueprint, content

from stages.roles.database.member import BOOTSTRAP, JOIN, Member, MemberError, serve, state_of
from stages.roles.database.role import LIB, MEMBER, OF_MEMBER, STATE

CLUSTER, OTHER = "3f6c1d1e-aaaa-11ee-8000-000000000001", "3f6c1d1e-aaaa-11ee-8000-000000000002"
FRESH, SAFE, DATA = "stopped fresh", "stopped safe", "stopped data"
Peers = dict[str, tuple[str, str]]  # by name: what it is, and where its data end


def grastate(*, uuid: str = CLUSTER, seqno: int = 7, safe: int = 0) -> str:
    return (
        f"# GALERA saved state\nversion: 2.1\nuuid:    {uuid}\nseqno:   {seqno}\nsafe_to_bootstrap: {safe}\n"
    )


class Killed(BaseException):
    """The program is gone, at the place where it would have run another one."""


class Host:
    """The host of database-1: files below a folder, a clock that only sleeping moves, and programs."""

    def __init__(self, root: Path, peers: Peers, saved: str = "", *, stage: str = "prod") -> None:
        self.root, self.peers, self.stage = root, peers, stage
        self.time, self.ran, self.kill_at = 0.0, list[tuple[str, ...]](), -1
        self.primary = self.active = self.deaf = self.frozen = self.rsync = False
        self.recovered, self.status = f"WSREP: Recovered position: {CLUSTER}:9", {}
        self.data = root / "var/lib/mysql/grastate.dat"
        for folder in (self.data.parent, root / "run/mysqld", root / "run/stagegate"):
            folder.mkdir(parents=True, exist_ok=True)
        if saved:
            self.data.write_text(saved)

    @property
    def member(self) -> Member:
        members = {host.name: host.address for host in blueprint(self.stage).hosts_of("database")}
        return Member(self, "database-1", members, check_timeout=1.0)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def run(self, argv: tuple[str, ...], within: float | None = None) -> subprocess.CompletedProcess[str]:
        if len(self.ran) == self.kill_at:
            raise Killed
        self.ran.append(argv)
        code, out, err = self.answer(argv, within)
        return subprocess.CompletedProcess(argv, code, out, err)

    def answer(self, argv: tuple[str, ...], within: float | None) -> tuple[int, str, str]:
        match argv:
            case ("curl", *_, url):
                return self.peer(url)
            case ("mariadb", *_) if self.frozen and within:
                raise subprocess.TimeoutExpired(argv, within)
            case ("mariadb", *_, query) if "cluster_status" in query:
                return (0, "wsrep_cluster_status\tPrimary\n", "") if self.primary else (1, "", "no socket")
            case ("mariadb", *_):
                out = "".join(f"wsrep_{name}\t{value}\n" for name, value in self.status.items())
                return (0, out, "") if out else (1, "", "ERROR 2002: no socket\n")
            case ("systemctl", "is-active", *_):
                return (0 if self.active or self.primary else 3), "", ""
            case ("systemctl", "stop", _) if self.deaf:
                raise subprocess.TimeoutExpired(argv, within or 0)
            case ("systemctl", "stop" | "kill", *_):
                self.deaf = self.active = False
            case ("mariadbd", *_):
                assert not self.active, "a server that runs may write on"
                return 0, "", self.recovered
            case ("pgrep", *_):
                return (0 if self.rsync else 1), "", ""
            case ("galera_new_cluster",):
                self.primary = not self.data.exists() or "safe_to_bootstrap: 1\n" in self.data.read_text()
                (self.root / "run/stagegate/galera-position").unlink(missing_ok=True)
                return (0 if self.primary else 1), "", "it may not be safe to bootstrap"
        return 0, "", ""

    def peer(self, url: str) -> tuple[int, str, str]:
        address, what = url.removeprefix("http://").split(":9200/")
        names = {host.address: host.name for host in blueprint(self.stage).hosts_of("database")}
        said = self.peers.get(names[address])
        return (7, "", "") if said is None else (0, said[what == "position"] + "\n", "")


def peers(*states: str) -> Peers:
    """Of database-2, database-3; an empty state is a silent peer."""
    return {f"database-{number}": (state, "unknown") for number, state in enumerate(states, 2) if state}


def stopped(*ends: str) -> Peers:
    return {f"database-{number}": (DATA, end) for number, end in enumerate(ends, 2)}


@pytest.mark.parametrize(
    ("primary", "active", "saved", "state"),
    [
        (True, True, grastate(), "primary"),
        (False, True, grastate(safe=1), "running"),
        (False, False, "", FRESH),
        (False, False, grastate(uuid="00000000-0000-0000-0000-000000000000", seqno=-1, safe=1), FRESH),
        (False, False, grastate(safe=1), SAFE),
        (False, False, grastate(), DATA),
    ],
)
def test_a_member_says_what_it_is(primary: bool, active: bool, saved: str, state: str) -> None:  # noqa: FBT001 - a table's columns
    assert state_of(primary=primary, active=active, saved=saved) == state


SAVED = {"primary": grastate(), "running": grastate(), FRESH: "", SAFE: grastate(safe=1), DATA: grastate()}


def bootstrapped(root: Path, state: str, others: Peers, stage: str = "prod") -> Host:
    host = Host(root, others, SAVED[state], stage=stage)
    host.primary, host.active = state == "primary", state == "running"
    assert host.member.state() == state
    return host


@pytest.mark.parametrize(
    ("state", "others", "command"),
    [
        (FRESH, (FRESH, FRESH), BOOTSTRAP),
        (SAFE, (DATA, DATA), BOOTSTRAP),
        (SAFE, (FRESH, DATA), BOOTSTRAP),
        (FRESH, (DATA, "primary"), JOIN),
        (SAFE, ("", "primary"), JOIN),
        (DATA, (DATA, "primary"), JOIN),
        ("primary", (DATA, ""), None),
    ],
)
def test_a_member_starts_the_cluster_or_joins_it(
    tmp_path: Path, state: str, others: tuple[str, ...], command: tuple[str, ...] | None
) -> None:
    host = bootstrapped(tmp_path, state, peers(*others))
    host.member.bootstrap()
    assert [argv for argv in host.ran if argv in (BOOTSTRAP, JOIN)] == ([command] if command else [])
    assert host.time == 0, "what one peer says is enough, whoever is silent"


@pytest.mark.parametrize(("state", "command"), [(FRESH, BOOTSTRAP), (SAFE, BOOTSTRAP), (DATA, JOIN)])
def test_a_single_database_asks_nobody(tmp_path: Path, state: str, command: tuple[str, ...]) -> None:
    host = bootstrapped(tmp_path, state, {}, "dev")
    host.member.bootstrap()
    assert host.ran[-1] == command
    assert not [argv for argv in host.ran if argv[0] == "curl"]


@pytest.mark.parametrize(
    ("state", "others", "told", "retries"),
    [
        (FRESH, (FRESH, ""), "database-3 is «silent»", 5),
        (FRESH, (DATA, FRESH), "database-2 is «stopped data»", 0),
        (FRESH, ("unknown", FRESH), "database-2 is «unknown»", 0),
        (FRESH, (SAFE, FRESH), "database-2 is «stopped safe»", 0),
        (FRESH, ("running", FRESH), "database-2 is «running»", 0),
        (SAFE, (SAFE, DATA), "database-2 is «stopped safe»", 0),
        (DATA, (DATA, ""), "database-2 is «stopped data», database-3 is «silent»", 0),
        ("running", ("primary", DATA), "database-2 is «primary», database-3 is «stopped data»", 0),
    ],
)
def test_a_start_that_may_lose_data_or_split_the_cluster_is_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    state: str,
    others: tuple[str, ...],
    told: str,
    retries: int,
) -> None:
    host = bootstrapped(tmp_path, state, peers(*others))
    with pytest.raises(MemberError) as refused:
        host.member.bootstrap()
    assert str(refused.value).startswith(
        f"database-1 is «{state}», {told}: a cluster may be bootstrapped only"
    )
    assert "docs/operate.md, 'All databases are down'" in str(refused.value)
    assert not {BOOTSTRAP, JOIN} & set(host.ran)
    assert (host.time, capsys.readouterr().err.count("retry")) == (retries, retries)


def test_a_start_that_fails_says_why(tmp_path: Path) -> None:
    host = bootstrapped(tmp_path, SAFE, peers(DATA, DATA))
    host.data.write_text(grastate(safe=1).replace("1\n", "1 \n"))
    with pytest.raises(
        MemberError, match=r"galera_new_cluster failed on database-1: it may not .*journalctl"
    ):
        host.member.bootstrap()


@pytest.mark.parametrize(
    ("seqno", "others"),
    [
        (9, stopped(f"{CLUSTER}:8", f"{CLUSTER}:3")),
        (9, stopped(f"{CLUSTER}:9", f"{CLUSTER}:9")),  # of equals the first
        (-1, stopped(f"{CLUSTER}:8", f"{CLUSTER}:8")),  # after a crash, by what the data say
        (9, {**stopped(f"{CLUSTER}:8", f"{CLUSTER}:8"), "database-2": (FRESH, "unknown")}),
    ],
)
@pytest.mark.parametrize("deaf", [False, True])
def test_the_member_that_is_ahead_starts_the_cluster_wherever_it_was_killed_before(
    tmp_path: Path,
    seqno: int,
    others: Peers,
    deaf: bool,  # noqa: FBT001 - a table's column
) -> None:
    kill_at, ran = 0, 0
    while kill_at <= ran:
        host = Host(tmp_path / str(kill_at), others, grastate(seqno=seqno))
        host.active, host.deaf, host.kill_at = deaf, deaf, kill_at
        with pytest.raises(Killed):
            host.member.regain()
            raise Killed
        ran, host.kill_at = len(host.ran), -1
        host.member.regain()
        assert host.primary
        assert host.member.regained()
        assert host.member.position() == "unknown"
        assert host.data.read_text().replace("bootstrap: 1", "bootstrap: 0") == grastate(seqno=seqno)
        kill_at += 1
    assert ("systemctl", "kill", "--signal=KILL", "mariadb") in host.ran or not deaf
    assert BOOTSTRAP in host.ran


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"database-2": (DATA, f"{CLUSTER}:8")}, "database-3 did not say where its data end"),
        (stopped("unknown", "unknown"), "database-2, database-3 did not say where its data end"),
        (stopped(f"{CLUSTER}:8", f"{OTHER}:1"), "data of different clusters"),
        (
            stopped(f"{CLUSTER}:10", f"{CLUSTER}:1"),
            "no member has started the cluster, which database-2 was to",
        ),
    ],
)
def test_who_is_ahead_is_never_guessed(tmp_path: Path, others: Peers, told: str) -> None:
    host = Host(tmp_path, others, grastate(seqno=9))
    with pytest.raises(MemberError, match=told) as refused:
        host.member.regain()
    assert "docs/operate.md" in str(refused.value)
    assert BOOTSTRAP not in host.ran
    assert host.member.position() == f"{CLUSTER}:9", "the others still ask for it"


def test_data_that_do_not_say_where_they_end_stop_it(tmp_path: Path) -> None:
    host = Host(tmp_path, stopped(f"{CLUSTER}:8", f"{CLUSTER}:8"), grastate(seqno=-1))
    host.recovered = "InnoDB: corrupted"
    with pytest.raises(
        MemberError, match=r"where the data of database-1 end is not known.*\nInnoDB: corrupted"
    ):
        host.member.regain()


@pytest.mark.parametrize("remembers", [False, True])
def test_members_that_remember_each_other_are_given_time(tmp_path: Path, remembers: bool) -> None:  # noqa: FBT001 - a table's column
    host = Host(tmp_path, stopped("unknown", "unknown"), grastate(seqno=-1))
    host.active = True
    if remembers:
        (host.data.parent / "gvwstate.dat").touch()
    later = host.sleep
    host.sleep = lambda seconds: (later(seconds), host.peers.update(peers("primary")))[0]
    host.member.regain()
    assert (("systemctl", "stop", "mariadb") in host.ran) is not remembers


@pytest.mark.parametrize(
    ("saved", "others", "done"),
    [
        (grastate(), peers("", "primary"), True),
        ("", {}, True),
        (grastate(), {}, False),
        (grastate(), peers("running", DATA), False),
    ],
)
def test_where_there_is_a_cluster_or_no_data_nothing_is_regained(
    tmp_path: Path, saved: str, others: Peers, done: bool
) -> None:  # noqa: FBT001 - a table's column
    host = Host(tmp_path, others, saved)
    assert host.member.regained() is done
    if done:
        host.member.regain()
        assert ("systemctl", "stop", "mariadb") not in host.ran


@pytest.mark.parametrize(
    ("number", "ready", "rsync", "status"),
    [
        (4, "ON", False, 200),
        (2, "ON", False, 200),
        (2, "ON", True, 503),
        (2, "OFF", False, 503),
        (4, "OFF", False, 503),
        (1, "ON", False, 503),
        (3, "ON", False, 503),
    ],
)
def test_clients_may_write_to_a_member_that_is_synced_or_a_donor(
    tmp_path: Path,
    number: int,
    ready: str,
    rsync: bool,
    status: int,  # noqa: FBT001 - a table's column
) -> None:
    host = Host(tmp_path, {})
    host.status, host.rsync = {"ready": ready, "local_state": str(number)}, rsync
    assert host.member.answer("/") == (status, f"wsrep_local_state={number} wsrep_ready={ready}")


def test_a_member_that_is_down_frozen_or_drains_takes_no_writes_and_says_so(tmp_path: Path) -> None:
    host = Host(tmp_path, {})
    assert host.member.answer("/") == (503, "ERROR 2002: no socket")
    host.frozen = True
    assert host.member.answer("/") == (503, "no answer")
    assert host.member.answer("/state") == (200, "unknown")
    (tmp_path / "run/mysqld/draining").touch()
    assert host.member.answer("/") == (503, "draining")


def test_the_check_answers_over_http(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    host = Host(tmp_path, {})
    host.status = {"ready": "ON", "local_state": "4"}
    (tmp_path / "run/stagegate/galera-position").write_text(f"{CLUSTER}:9")
    Thread(target=serve, args=(host.member, "127.0.0.1", port), daemon=True).start()
    expected = {"": "wsrep_local_state=4 wsrep_ready=ON", "state": FRESH, "position": f"{CLUSTER}:9"}
    assert {path: asked(f"http://127.0.0.1:{port}/{path}") for path in expected} == expected


def asked(url: str) -> str:
    until = time.monotonic() + 10
    while True:
        try:
            with urlopen(url, timeout=10) as answer:  # noqa: S310 - of this test
                return answer.read().decode().strip()
        except URLError:
            if time.monotonic() > until:
                raise


def test_a_host_has_the_program_with_what_it_has_to_know(tmp_path: Path) -> None:
    for path in (MEMBER, OF_MEMBER, STATE):
        (tmp_path / Path(path).name).write_text(
            content("prod", "database-1", path).replace(LIB, str(tmp_path))
        )
    for name, text in {"mariadb": "echo wsrep_cluster_status'\t'Primary", "systemctl": "exit 3"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
    for file in tmp_path.iterdir():
        file.chmod(0o755)
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}

    def ended(*argv: str) -> tuple[int, str]:
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    program = (sys.executable, "-IS", str(tmp_path / "galera-member"))
    assert ended(str(tmp_path / "galera-state")) == (0, "primary\n")
    assert ended(*program, "regained") == ended(*program, "bootstrap") == ended(*program, "regain") == (0, "")
    assert ended(*program, "stop") == (
        1,
        "usage: galera-member state | bootstrap | regain | regained | serve\n",
    )
