"""Connections of replaced HAProxy workers: ended if they are to a server that is not in use, else left."""

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from stages.roles.loadbalancer.old_workers import look, old_workers

PROCESSES = """#<PID>          <type>          <reloads>       <uptime>        <version>
25055           master          1               0d00h00m13s     2.6.12-1+deb12u4
# workers
25080           worker          0               0d00h00m05s     2.6.12-1+deb12u4
# old workers
25062           worker          1               0d00h00m13s     2.6.12-1+deb12u4
# programs

"""
NONE = PROCESSES.replace(
    "25062           worker          1               0d00h00m13s     2.6.12-1+deb12u4\n", ""
)


def shown(**servers: str) -> str:
    """`show stat` of a backend `database`; of each server its status, whether it is a backup, connections."""
    rows = "".join(f"database,{name.replace('_', '-')},{row},\n" for name, row in servers.items())
    return f"# pxname,svname,status,bck,scur,\ndatabase,FRONTEND,OPEN,,9,\n{rows}database,BACKEND,UP,0,9,\n\n"


@contextmanager
def master(folder: Path, answers: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    """HAProxy's master at a socket; the path, and all that it was told to end."""
    path, told = str(folder / "master.sock"), list[str]()

    def serve(server: socket.socket) -> None:
        while True:
            connection, _ = server.accept()
            with connection, connection.makefile("rw") as stream:
                command = stream.read().strip()
                if command == "over":
                    return
                if "shutdown" in command:
                    told.append(command)
                stream.write(answers.get(command, "\n"))

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        thread = threading.Thread(target=serve, args=(server,))
        thread.start()
        yield path, told
        with socket.socket(socket.AF_UNIX) as last:
            last.connect(path)
            last.sendall(b"over\n")
        thread.join()


def session(number: int, backend: str, server: str) -> str:
    """A line of `show sess`, as HAProxy 2.6 prints it."""
    return (
        f"0x55faf8b9bf0{number}: proto=tcpv4 src=10.0.0.9:34958 fe={backend} be={backend} srv={server} ts=00"
        " epoch=0 age=3s calls=3 rate=0 cpu=0 lat=0 rq[f=848000h,i=0,an=00h,rx=1h29m] exp=1h29m rc=0 c_exp=\n"
    )


OWN = "0x7f0eb8045ff0: proto=sockpair src=unix:2 fe=GLOBAL be=<NONE> srv=<none> ts=00 epoch=0 age=0s\n\n"
KEPT = (
    session(1, "database", "database-1")
    + session(3, "database", "database-3")
    + session(4, "identity", "one")
    + OWN
)
END = "@!25062 shutdown session 0x55faf8b9bf0"


@pytest.mark.parametrize(
    ("present", "ended"),
    [
        # The one that most clients of the old worker have is still in use.
        (shown(database_1="UP,0,1", database_2="UP,1,0"), ["database-3"]),
        (shown(database_1="UP 1/2,0,1", database_2="UP,1,0"), ["database-3"]),
        # It drains, or is lost: the first standby is used.
        (shown(database_1="DOWN,0,1", database_2="UP,1,0"), ["database-1", "database-3"]),
        # It is not there any more.
        (shown(database_2="UP,0,0"), ["database-1", "database-3"]),
        # None is used.
        (shown(database_1="DOWN,0,0", database_2="DOWN,1,0"), ["database-1", "database-3"]),
    ],
)
def test_connections_to_a_server_that_is_not_in_use_are_ended(
    tmp_path: Path, present: str, ended: list[str]
) -> None:
    answers = {"show proc": PROCESSES, "@1 show stat": present, "@!25062 show sess": KEPT}
    with master(tmp_path, answers) as (path, told):
        said = look(path, ["database"])
    assert [line.partition(",")[0] for line in said] == [
        f"ended 1 of old worker 25062 at database/{name}" for name in ended
    ]
    assert told == [f"{END}{name[-1]}" for name in ended]


def test_what_it_refuses_is_told_and_what_has_ended_by_itself_is_not(tmp_path: Path) -> None:
    answers = {
        "show proc": PROCESSES,
        "@1 show stat": shown(database_2="UP,0,0"),
        "@!25062 show sess": KEPT,
        f"{END}1": "No such session (use 'show sess').\n\n",
        f"{END}3": "Permission denied\n\n",
    }
    with master(tmp_path, answers) as (path, _):
        assert (
            look(path, ["database"])[0] == "a session at database/database-3 was not ended: Permission denied"
        )


@pytest.mark.parametrize(
    ("processes", "present", "backend"),
    [
        pytest.param(PROCESSES, shown(), "identity", id="other backends keep theirs"),
        pytest.param(PROCESSES, "\n", "database", id="the present worker says nothing of its servers"),
        pytest.param(NONE, "\n", "database", id="there is no old worker"),
    ],
)
def test_nothing_else_is_ended(tmp_path: Path, processes: str, present: str, backend: str) -> None:
    answers = {"show proc": processes, "@1 show stat": present, "@!25062 show sess": KEPT}
    with master(tmp_path, answers) as (path, told):
        assert look(path, [backend]) == []
    assert told == []


def test_old_workers_are_those_that_the_master_lists_as_old() -> None:
    assert (old_workers(NONE), old_workers(PROCESSES)) == ([], ["25062"])


def test_a_master_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        look(str(tmp_path / "master.sock"), ["database"])
