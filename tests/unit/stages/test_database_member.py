"""What a database host decides itself: what it is, whether it starts the cluster, whether it takes writes."""

import contextlib
from http.server import ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer
from threading import Thread
from urllib.request import urlopen

import pytest
from database_stand_in import (
    CLUSTER,
    DATA,
    FRESH,
    KILL,
    NOBODY,
    OTHER,
    PRIMARY,
    RUNNING,
    SAFE,
    STOP,
    Host,
    Killed,
    grastate,
    host_that_is,
    peers,
    stopped,
)
from programs import ended, executable
from stage_sample import content

from stages.design.ports import Port
from stages.roles.database.member import BOOTSTRAP, JOIN, PORT, MemberError, serve
from stages.roles.database.role import LIB, MEMBER, OF_MEMBER, STATE


@pytest.mark.parametrize("saved", [grastate(-1, uuid=NOBODY), grastate(-1, uuid=NOBODY, safe=1)])
def test_a_member_that_never_joined_has_no_data(tmp_path: Path, saved: str) -> None:
    assert Host(tmp_path, saved=saved).member.state() == FRESH


MADE_WITH_ANY_SERVER = ("mysql", "performance_schema", "sys", "test", "#innodb_redo", ".sst")


@pytest.mark.parametrize(
    ("folders", "receiving", "state"),
    [
        (MADE_WITH_ANY_SERVER, False, FRESH),
        (("mysql", "keystone"), False, DATA),  # a restored backup, or the record was lost
        (("mysql", "keystone"), True, FRESH),  # a part of a copy of another member's data
    ],
)
@pytest.mark.parametrize("saved", ["", grastate(-1, uuid=NOBODY)])
def test_databases_are_data_whatever_galera_recorded(
    tmp_path: Path, saved: str, folders: tuple[str, ...], state: str, *, receiving: bool
) -> None:
    host = Host(tmp_path, saved=saved)
    for name in folders:
        (host.data.parent / name).mkdir()
    (host.data.parent / "ibdata1").touch()
    if receiving:
        (host.data.parent / "sst_in_progress").touch()
    assert host.member.state() == state


STARTS = [
    (FRESH, [FRESH, FRESH], BOOTSTRAP),
    (SAFE, [DATA, DATA], BOOTSTRAP),
    (SAFE, [FRESH, DATA], BOOTSTRAP),
    (DATA, [FRESH, FRESH], BOOTSTRAP),  # it has the only data
    (FRESH, [DATA, PRIMARY], JOIN),
    (SAFE, [None, PRIMARY], JOIN),
    (DATA, [DATA, PRIMARY], JOIN),
    (PRIMARY, [None, DATA], None),
    (FRESH, [], BOOTSTRAP),
    (SAFE, [], BOOTSTRAP),
    (DATA, [], JOIN),
]


@pytest.mark.parametrize(("state", "others", "command"), STARTS)
def test_a_member_starts_the_cluster_or_joins_it(
    tmp_path: Path, state: str, others: list[str | None], command: tuple[str, ...] | None
) -> None:
    host = host_that_is(state, tmp_path, *others)
    host.member.bootstrap()
    assert [argv for argv in host.ran if argv in (BOOTSTRAP, JOIN)] == ([command] if command else [])
    assert host.time == 0, "nobody silent was waited for"


REFUSALS = [
    (FRESH, [FRESH, None], "database-3 is «silent»", 5),
    (FRESH, [DATA, FRESH], "database-2 is «stopped data»", 0),
    (FRESH, ["unknown", FRESH], "database-2 is «unknown»", 0),
    (FRESH, [FRESH, RUNNING], "database-3 is «running»", 0),
    (SAFE, [SAFE, DATA], "database-2 is «stopped safe»", 0),
    (DATA, [DATA, None], "database-2 is «stopped data», database-3 is «silent»", 5),
    (DATA, [FRESH, None], "database-3 is «silent»", 5),
    (RUNNING, [PRIMARY, DATA], "database-2 is «primary», database-3 is «stopped data»", 0),
]


@pytest.mark.parametrize(("state", "others", "told", "retries"), REFUSALS)
def test_a_start_that_may_lose_data_or_split_the_cluster_is_refused(  # noqa: PLR0913 - a table's columns
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    *,
    state: str,
    others: list[str],
    told: str,
    retries: int,
) -> None:
    host = host_that_is(state, tmp_path, *others)
    with pytest.raises(MemberError, match=f"^database-1 is «{state}», {told}: a cluster .*docs/operate.md"):
        host.member.bootstrap()
    assert not {BOOTSTRAP, JOIN} & set(host.ran)
    assert capfd.readouterr().err.count("retry") == host.time == retries


CHOICES = [
    (DATA, [DATA, SAFE], [BOOTSTRAP]),
    (SAFE, [DATA, FRESH], [BOOTSTRAP]),
    (DATA, [DATA, PRIMARY], [JOIN]),  # somebody was faster
    (FRESH, [DATA, DATA], []),  # its data are gone since it was chosen
    (DATA, [DATA, RUNNING], []),
    (DATA, [DATA, None], []),
]


@pytest.mark.parametrize(("state", "others", "does"), CHOICES)
def test_a_chosen_member_starts_the_cluster_although_others_have_data(
    tmp_path: Path, state: str, others: list[str | None], does: list[tuple[str, ...]]
) -> None:
    host = host_that_is(state, tmp_path, *others)
    with contextlib.nullcontext() if does else pytest.raises(MemberError):
        host.member.bootstrap(chosen=True)
    assert [argv for argv in host.ran if argv in (BOOTSTRAP, JOIN)] == does


def test_a_restored_backup_starts_the_cluster_of_empty_members_by_itself(tmp_path: Path) -> None:
    host = Host(tmp_path, *peers(FRESH, FRESH))
    (host.data.parent / "keystone").mkdir()
    host.recovered = f"{NOBODY}:-1"
    host.member.regain()
    assert host.ran.count(BOOTSTRAP) == 1
    assert not host.data.exists(), "Galera makes a record of its own"


def test_a_member_listens_on_the_port_that_load_balancers_check() -> None:
    assert PORT == Port.GALERA_CHECK


def test_a_command_that_fails_says_why_and_what_to_do_next(tmp_path: Path) -> None:
    host = host_that_is(FRESH, tmp_path, FRESH, FRESH)
    host.data.write_text("")
    why = r"^galera_new_cluster failed on database-1: it may not .*journalctl"
    with pytest.raises(MemberError, match=why):
        host.member.bootstrap()


AHEAD = [
    (9, stopped(f"{CLUSTER}:8", f"{CLUSTER}:3")),
    (9, stopped(f"{CLUSTER}:9", f"{CLUSTER}:9")),  # of equals the first
    (-1, stopped(f"{CLUSTER}:8", f"{CLUSTER}:8")),  # after a crash, by what the data say
    (9, [(FRESH, "unknown"), (DATA, f"{CLUSTER}:8")]),
    (9, []),
]


@pytest.mark.parametrize("hangs", ["nothing", "stop"])  # while it looks for its cluster it hears no stop
@pytest.mark.parametrize(("seqno", "others"), AHEAD)
def test_the_member_that_is_ahead_starts_the_cluster_wherever_it_was_killed_before(
    tmp_path: Path, seqno: int, others: list[tuple[str, str] | None], hangs: str
) -> None:
    ended, kill_at = False, 0
    while not ended:
        host = Host(tmp_path / str(kill_at), *others, saved=grastate(seqno))
        host.active, host.hangs, host.kill_at = True, hangs, kill_at
        try:
            host.member.regain()
            ended = True
        except Killed:
            host.kill_at = -1
            host.member.regain()
        host.kill_at = -1
        assert host.member.answer("/state") == (200, PRIMARY)
        assert host.member.position() == "unknown"
        assert host.data.read_text() == grastate(seqno, safe=1)
        assert (host.ran.count(BOOTSTRAP), KILL in host.ran) == (1, hangs == "stop")
        kill_at += 1
    assert kill_at > 5


GUESSES = [
    ([*stopped(f"{CLUSTER}:8"), None], "^database-3 did not say where its data end"),
    (stopped("unknown", ""), "^database-2, database-3 did not say where its data end"),
    (stopped(f"{CLUSTER}:8", f"{OTHER}:1"), "data of different clusters"),
    (stopped(f"{CLUSTER}:8", f"{NOBODY}:-1"), "data of different clusters, or of none"),
    (stopped(f"{CLUSTER}:10", f"{CLUSTER}:1"), "no member has started the cluster, which database-2 was to"),
]


@pytest.mark.parametrize(("others", "told"), GUESSES)
def test_who_is_ahead_is_never_guessed(
    tmp_path: Path, others: list[tuple[str, str] | None], told: str
) -> None:
    host = Host(tmp_path, *others, saved=grastate(9))
    with pytest.raises(MemberError, match=f"{told}.*promote bootstrap.*: docs/operate.md"):
        host.member.regain()
    assert BOOTSTRAP not in host.ran
    assert host.member.answer("/position") == (200, f"{CLUSTER}:9"), "the others still ask for it"


def test_a_member_that_does_not_know_where_its_data_end_starts_nothing(tmp_path: Path) -> None:
    host = Host(tmp_path, *stopped(f"{CLUSTER}:8"), saved=grastate(-1))
    host.recovered = ""
    with pytest.raises(MemberError, match="failed on database-1: where the data end is not known: corrupted"):
        host.member.regain()


@pytest.mark.parametrize(("remembers", "does"), [("gvwstate.dat", []), ("nothing", [STOP])])
def test_members_that_remember_each_other_are_given_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remembers: str, does: list[tuple[str, ...]]
) -> None:
    host = Host(tmp_path, *peers("running"), saved=grastate(-1))
    (host.data.parent / remembers).touch()
    monkeypatch.setattr(host, "sleep", lambda _: host.peers.update(dict.fromkeys(host.peers, (PRIMARY, ""))))
    host.member.regain()
    assert [argv for argv in host.ran if argv == STOP] == does


@pytest.mark.parametrize(("saved", "state", "done"), [
    (grastate(), PRIMARY, True), ("", DATA, True), (grastate(), RUNNING, False), (grastate(), None, False)
])  # fmt: skip
def test_where_there_is_a_cluster_or_no_data_nothing_is_regained(
    tmp_path: Path, *, saved: str, state: str | None, done: bool
) -> None:
    host = Host(tmp_path, *peers(DATA, state), saved=saved)
    assert host.member.regained() is done
    if done:
        host.member.regain()
        assert STOP not in host.ran


HEALTH = [(4, "ON", 1, 200), (2, "ON", 1, 200), (2, "ON", 0, 503), (2, "OFF", 1, 503), (4, "OFF", 1, 503),
          (1, "ON", 1, 503), (3, "ON", 1, 503)]  # fmt: skip


@pytest.mark.parametrize(("number", "ready", "pgrep", "status"), HEALTH)
def test_clients_may_write_to_a_member_that_is_synced_or_a_donor_but_not_by_rsync(
    tmp_path: Path, number: int, ready: str, pgrep: int, status: int
) -> None:
    host = Host(tmp_path)
    host.status, host.rsync = {"wsrep_ready": ready, "wsrep_local_state": str(number)}, pgrep
    assert host.member.answer("/") == (status, f"wsrep_local_state={number} wsrep_ready={ready}")


def test_a_member_that_is_down_or_frozen_or_drains_takes_no_writes(tmp_path: Path) -> None:
    host = Host(tmp_path)
    assert host.member.answer("/") == (503, "ERROR 2002: no socket")
    host.hangs = "mariadb"
    assert host.member.answer("/") == (503, "no answer")
    assert host.member.answer("/state") == (200, "unknown")
    (tmp_path / "run/mysqld/draining").touch()
    assert host.member.answer("/") == (503, "draining")


def test_it_answers_over_http(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ThreadingHTTPServer] = []
    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", lambda server: made.append(server))  # noqa: PLW0108 - a bound append lacks it
    host = Host(tmp_path)
    host.status = {"wsrep_ready": "ON", "wsrep_local_state": "4"}
    serve(host.member, "127.0.0.1", 0)
    Thread(target=BaseServer.serve_forever, args=made, daemon=True).start()
    told = {"": "wsrep_local_state=4 wsrep_ready=ON", "state": FRESH, "position": "unknown"}
    for path, text in told.items():
        with urlopen(f"http://127.0.0.1:{made[0].server_port}/{path}", timeout=10) as answer:
            assert answer.read().decode() == f"{text}\n"
    made[0].shutdown()
    made[0].server_close()


def test_a_host_has_the_program_and_what_it_has_to_know(tmp_path: Path) -> None:
    programs = {"mariadb": "#!/bin/sh\nprintf 'wsrep_cluster_status\\tPrimary\\n'"}
    programs |= {Path(path).name: content("prod", "database-1", path) for path in (MEMBER, OF_MEMBER, STATE)}
    for name, text in programs.items():
        executable(tmp_path / name, text.replace(LIB, str(tmp_path)))

    def run(program: str, *verb: str) -> tuple[int, str]:
        done = ended(tmp_path / program, *verb, first_on_path=tmp_path)
        return done.returncode, done.stdout + done.stderr

    assert run("galera-state") == (0, "primary\n")
    assert [run("galera-member", verb) for verb in ("regained", "regain", "bootstrap")] == [(0, "")] * 3
    assert run("galera-member", "stop")[1].startswith("usage: galera-member state")
