"""A warm connection is opened once, used by all, replaced when it broke, and leaves nothing behind."""

import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stages.machine.substrates.connections import Connections

# ssh -N says a line when it serves others, and stays; -O check and exit ask about one that others opened.
SSH = f"""#!{sys.executable}
import os, pathlib, signal, sys
folder, host = pathlib.Path(__file__).parent, sys.argv[-1]
what = next((word for word in ("check", "exit") if word in sys.argv), "open")
with open(folder / "calls", "a") as calls:
    calls.write(f"{{what}} {{host}}\\n")
if "-O" in sys.argv:
    sys.exit(0 if (folder / f"others-{{host}}").exists() else 255)
if (folder / f"refuses-{{host}}").exists():
    sys.exit("No route to host")
(folder / f"pid-{{host}}").write_text(str(os.getpid()))
print(flush=True)
signal.pause()
"""


class Ssh:
    """The stand-in for the program, in place of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "ssh").write_text(SSH)
        (folder / "ssh").chmod(0o755)
        self.config = folder / "ssh_config"
        self.config.touch()

    def calls(self, what: str) -> int:
        return (self.folder / "calls").read_text().splitlines().count(what)

    def pid(self, host: str) -> int:
        return int((self.folder / f"pid-{host}").read_text())


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ssh:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    return Ssh(folder)


@pytest.fixture
def connections() -> Iterator[Connections]:
    with Connections() as made:
        yield made


def test_a_host_is_connected_to_once_however_many_ask(ssh: Ssh, connections: Connections) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: connections.warm(ssh.config, "a"), range(16))) == {None}
    assert ssh.calls("open a") == 1


def test_it_outlives_the_thread_that_asked_for_it(ssh: Ssh, connections: Connections) -> None:
    thread = threading.Thread(target=connections.warm, args=(ssh.config, "a"))
    thread.start()
    thread.join()
    assert connections.warm(ssh.config, "a") is None
    assert ssh.calls("open a") == 1


def test_one_that_broke_is_opened_again_at_the_next_call(ssh: Ssh, connections: Connections) -> None:
    connections.warm(ssh.config, "a")
    os.kill(ssh.pid("a"), 9)
    os.waitid(os.P_PID, ssh.pid("a"), os.WEXITED | os.WNOWAIT)
    assert connections.warm(ssh.config, "a") is None
    assert ssh.calls("open a") == 2


def test_a_host_that_can_not_be_reached_is_told_with_what_ssh_says(
    ssh: Ssh, connections: Connections
) -> None:
    (ssh.folder / "refuses-a").touch()
    assert connections.warm(ssh.config, "a") == "No route to host"


def test_one_that_somebody_else_has_open_is_used(ssh: Ssh, connections: Connections) -> None:
    (ssh.folder / "others-a").touch()
    assert connections.warm(ssh.config, "a") is None
    assert ssh.calls("open a") == 0


def test_the_connection_to_a_host_that_goes_is_ended_whoever_opened_it(
    ssh: Ssh, connections: Connections
) -> None:
    connections.warm(ssh.config, "a")
    connections.forget(ssh.config, "a")
    with pytest.raises(ProcessLookupError):
        os.kill(ssh.pid("a"), 0)
    assert ssh.calls("exit a") == 1


def test_nothing_is_left_at_the_end(ssh: Ssh) -> None:
    with Connections() as made:
        for host in ("a", "b"):
            made.warm(ssh.config, host)
    for host in ("a", "b"):
        with pytest.raises(ProcessLookupError):
            os.kill(ssh.pid(host), 0)
