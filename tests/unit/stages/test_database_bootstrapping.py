"""Right before a cluster is bootstrapped, on the host: everybody is asked, and nothing is guessed.

The scripts are the rendered ones; the programs they call are small stand-ins on PATH.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from stage_sample import blueprint, content

if TYPE_CHECKING:
    from pathlib import Path

LIB = "/usr/local/lib/stagegate"


@dataclass(frozen=True, slots=True)
class Member:
    """A folder that stands in for a database host."""

    folder: Path

    def program(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def bootstrap(
        self, state: str, peers: dict[str, str], stage: str = "prod"
    ) -> subprocess.CompletedProcess[str]:
        self.program("galera-state", f"echo {state}")
        self.program("galera_new_cluster", "echo bootstrapped")
        self.program("systemctl", 'echo "systemctl $*"')
        answers = "".join(
            f'*http://{blueprint().host(name).address}:9200/state) echo "{said}" ;;\n'
            for name, said in peers.items()
        )
        self.program("curl", f'case "$*" in\n{answers}*) exit 7 ;;\nesac')
        script = content(stage, "database-1", f"{LIB}/galera-bootstrap").replace(LIB, str(self.folder))
        environment = {"PATH": f"{self.folder}{os.pathsep}{os.environ['PATH']}"}
        return subprocess.run(
            ["sh"], input=script, env=environment, capture_output=True, text=True, timeout=20, check=False
        )


@pytest.fixture
def member(tmp_path: Path) -> Member:
    return Member(tmp_path)


@pytest.mark.parametrize(
    ("state", "others"),
    [
        ("stopped fresh", ("stopped fresh", "stopped fresh")),
        ("stopped safe", ("stopped data", "stopped data")),
        ("stopped safe", ("stopped fresh", "stopped data")),
    ],
)
def test_a_cluster_is_born_where_nothing_can_be_lost(
    member: Member, state: str, others: tuple[str, str]
) -> None:
    done = member.bootstrap(state, dict(zip(("database-2", "database-3"), others, strict=True)))
    assert (done.returncode, done.stdout) == (0, "bootstrapped\n")


@pytest.mark.parametrize(
    ("state", "others", "told"),
    [
        ("stopped fresh", {"database-2": "stopped fresh"}, "database-3 is «silent»"),
        ("stopped fresh", {"database-2": "stopped data"}, "database-2 is «stopped data»"),
        ("stopped fresh", {"database-2": "unknown"}, "database-2 is «unknown»"),
        ("stopped safe", {"database-2": "stopped safe"}, "database-2 is «stopped safe»"),
        ("stopped data", {}, "nobody was asked"),
        ("running", {}, "nobody was asked"),
    ],
)
def test_it_is_refused_where_somebody_may_have_what_would_be_lost(
    member: Member, state: str, others: dict[str, str], told: str
) -> None:
    done = member.bootstrap(state, others)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"database-1 is «{state}», {told}" in done.stderr
    assert "docs/operate.md" in done.stderr


@pytest.mark.parametrize("state", ["stopped fresh", "stopped safe", "stopped data"])
def test_where_a_cluster_has_come_back_meanwhile_it_is_joined(member: Member, state: str) -> None:
    done = member.bootstrap(state, {"database-2": "stopped data", "database-3": "primary"})
    assert (done.returncode, done.stdout) == (0, "systemctl start mariadb\n")


def test_a_member_of_a_living_cluster_bears_nothing(member: Member) -> None:
    done = member.bootstrap("primary", {})
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("state", "does"),
    [
        ("stopped fresh", "bootstrapped\n"),
        ("stopped safe", "bootstrapped\n"),
        ("stopped data", "systemctl start mariadb\n"),
    ],
)
def test_a_single_database_asks_nobody(member: Member, state: str, does: str) -> None:
    done = member.bootstrap(state, {}, "dev")
    assert (done.returncode, done.stdout) == (0, does)


def test_the_check_says_what_a_member_is_and_whether_it_may_be_written_to(member: Member) -> None:
    state = member.program("galera-state", "echo stopped fresh")
    text = content("prod", "database-1", f"{LIB}/galera-check").replace(f"{LIB}/galera-state", str(state))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = re.sub(
        r'ThreadingHTTPServer\(\("[0-9.]+", 9200\)', f'ThreadingHTTPServer(("127.0.0.1", {port})', text
    )
    member.program("mariadb", "printf 'wsrep_local_state\\t4\\nwsrep_ready\\tON\\n'")
    environment = {**os.environ, "PATH": f"{member.folder}{os.pathsep}{os.environ['PATH']}"}
    with subprocess.Popen([sys.executable, "-I", "-c", text], env=environment) as child:
        try:
            assert asked(f"http://127.0.0.1:{port}/state") == (200, "stopped fresh")
            assert asked(f"http://127.0.0.1:{port}/") == (200, "wsrep_local_state=4 wsrep_ready=ON")
            for number, ready, rsync, status in SAID:
                member.program("mariadb", f"printf 'wsrep_local_state\\t{number}\\nwsrep_ready\\t{ready}\\n'")
                member.program("pgrep", f"exit {0 if rsync else 1}")
                assert asked(f"http://127.0.0.1:{port}/")[0] == status, (number, ready, rsync)
            member.program("galera-state", "exit 1")
            assert asked(f"http://127.0.0.1:{port}/state") == (200, "unknown")
        finally:
            child.terminate()


# The state of a member, whether it is ready, whether it gives its data by rsync, and what the check answers.
SAID = (
    (4, "ON", False, 200),
    (2, "ON", False, 200),
    (2, "ON", True, 503),
    (2, "OFF", False, 503),
    (4, "OFF", False, 503),
    (1, "ON", False, 503),
    (3, "ON", False, 503),
)


def asked(url: str) -> tuple[int, str]:
    until = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - of this test
                return answer.status, answer.read().decode().strip()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode().strip()
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
