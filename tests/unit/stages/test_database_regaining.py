"""After an outage of all databases: the member that is ahead starts the cluster, and nothing is guessed.

The script is the rendered one; its programs are stand-ins on PATH, and its peers answer on this machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from stage_sample import content

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIB = "/usr/local/lib/stagegate"
CLUSTER, OTHER = "3f6c1d1e-aaaa-11ee-8000-000000000001", "3f6c1d1e-aaaa-11ee-8000-000000000002"
GRASTATE = "# GALERA saved state\nversion: 2.1\nuuid:    {uuid}\nseqno:   {seqno}\nsafe_to_bootstrap: 0\n"
STOPPED = "stopped data"
Peers = dict[str, tuple[str, str]]  # by name: what it is, and where its data end


class Members(ThreadingHTTPServer):
    """The peers: database-N/state and database-N/position."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.peers: Peers = {}


class Answering(BaseHTTPRequestHandler):
    server: Members

    def do_GET(self) -> None:
        _, name, what = self.path.split("/")
        state, position = self.server.peers.get(name, ("", ""))
        told = state if what == "state" else position
        self.send_response(200 if told else 503)
        self.end_headers()
        self.wfile.write(told.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def members() -> Iterator[Members]:
    with Members() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def regain(
    folder: Path, members: Members, *words: str, seqno: int = 7, recovered: int = 7, deaf: int = 0
) -> tuple[int, str]:
    """Run it on database-1, whose `grastate.dat` says `seqno`; gives its exit status and what it printed."""
    programs = {
        "galera-state": f'[ -e {folder}/new ] && echo primary || echo "{STOPPED}"',
        # A server that hears nothing: its stop ends when it was killed.
        "systemctl": f"[ $1 = kill ] && touch {folder}/killed || [ -e {folder}/killed ] || exec sleep {deaf}",
        "galera_new_cluster": f"grep -q 'safe_to_bootstrap: 1' {folder}/grastate.dat && touch {folder}/new",
        "mariadbd": f"echo 'WSREP: Recovered position: {CLUSTER}:{recovered}' >&2",
    }
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    (folder / "grastate.dat").write_text(GRASTATE.format(uuid=CLUSTER, seqno=seqno))
    script = content("prod", "database-1", f"{LIB}/galera-regain")
    for real, mine in (
        (LIB, str(folder)),
        ("/var/lib/mysql", str(folder)),
        ("/run/stagegate", str(folder)),
        ("http://{PEERS[name]}:9200/", f"http://127.0.0.1:{members.server_port}/{{name}}/"),
        ("STOP, WITHIN, EVERY = 25, 15, 120, 0.5", "STOP, WITHIN, EVERY = 0.2, 0.5, 2, 0.05"),
    ):
        assert real in script
        script = script.replace(real, mine)
    environment = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        (sys.executable, "-", *words),
        input=script,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("seqno", "others"),
    [
        (9, (f"{CLUSTER}:8", f"{CLUSTER}:3")),
        (9, (f"{CLUSTER}:9", f"{CLUSTER}:9")),  # equal ones: the first of them
    ],
)
def test_the_member_that_is_ahead_starts_the_cluster(
    tmp_path: Path, members: Members, seqno: int, others: tuple[str, str]
) -> None:
    members.peers = {f"database-{n}": (STOPPED, said) for n, said in enumerate(others, 2)}
    assert regain(tmp_path, members, seqno=seqno)[0] == 0
    assert (tmp_path / "new").exists()


def test_a_crashed_member_goes_by_what_its_data_say(tmp_path: Path, members: Members) -> None:
    members.peers = dict.fromkeys(("database-2", "database-3"), (STOPPED, f"{CLUSTER}:8"))
    assert regain(tmp_path, members, seqno=-1, recovered=9)[0] == 0
    assert (tmp_path / "new").exists()


def test_a_server_that_hears_no_stop_is_killed(tmp_path: Path, members: Members) -> None:
    members.peers = dict.fromkeys(("database-2", "database-3"), (STOPPED, f"{CLUSTER}:8"))
    assert regain(tmp_path, members, seqno=9, deaf=60)[0] == 0
    assert (tmp_path / "killed").exists()
    assert (tmp_path / "new").exists()


def test_a_member_without_data_has_no_say(tmp_path: Path, members: Members) -> None:
    members.peers = {"database-2": ("stopped fresh", "unknown"), "database-3": (STOPPED, f"{CLUSTER}:8")}
    assert regain(tmp_path, members, seqno=9)[0] == 0
    assert (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"database-2": (STOPPED, f"{CLUSTER}:8")}, "database-3 did not say where its data end"),
        (
            {"database-2": (STOPPED, f"{CLUSTER}:8"), "database-3": (STOPPED, f"{OTHER}:1")},
            "data of different clusters",
        ),
        (
            {"database-2": (STOPPED, f"{CLUSTER}:10"), "database-3": (STOPPED, f"{CLUSTER}:1")},
            "no member has started the cluster, which database-2 was to",
        ),
    ],
)
def test_it_is_never_guessed(tmp_path: Path, members: Members, others: Peers, told: str) -> None:
    members.peers = others
    status, said = regain(tmp_path, members, seqno=9)
    assert status == 1
    assert told in said
    assert "docs/operate.md" in said
    assert not (tmp_path / "new").exists()


def test_where_a_cluster_is_back_nothing_is_done(tmp_path: Path, members: Members) -> None:
    members.peers = {"database-3": ("primary", "unknown")}
    assert regain(tmp_path, members, "done")[0] == 0
    assert regain(tmp_path, members)[0] == 0
    assert not (tmp_path / "new").exists()
    members.peers = {}
    assert regain(tmp_path, members, "done")[0] == 1
