"""A warm connection is opened once, used by all, replaced when it broke, and leaves nothing behind."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from stand_in import install

from stages.machine.substrates.connections import Connections

# ssh -N says a line when it serves others, and stays; -O check and exit ask about one that others opened.
SSH = """\
import os, pathlib, signal, sys
folder, host = pathlib.Path(__file__).parent, sys.argv[-1]
what = next((word for word in ("check", "exit") if word in sys.argv), "open")
with open(folder / "calls", "a") as calls:
    calls.write(f"{what} {host}\\n")
if "-O" in sys.argv:
    sys.exit(0 if (folder / f"others-{host}").exists() else 255)
if (folder / f"refuses-{host}").exists():
    sys.exit("No route to host")
(folder / f"pid-{host}").write_text(str(os.getpid()))
print(flush=True)
signal.pause()
"""


class Ssh:
    """The stand-in for the program, in place of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        install(folder, "ssh", SSH)
        self.config = folder / "ssh_config"
        self.config.touch()

    def calls(self, what: str) -> int:
        return (self.folder / "calls").read_text().splitlines().count(what)

    def pid(self, host: str) -> int:
        return int((self.folder / f"pid-{host}").read_text())


@pytest.fixture
def ssh(programs: Path) -> Ssh:
    return Ssh(programs)


@pytest.fixture
def connections() -> Iterator[Connections]:
    with Connections() as made:
        yield made


def test_a_host_is_connected_to_once_however_many_ask_and_for_longer_than_their_threads(
    ssh: Ssh, connections: Connections
) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: connections.warm(ssh.config, "a"), range(16))) == {None}
    assert connections.warm(ssh.config, "a") is None
    assert ssh.calls("open a") == 1


def test_one_that_broke_is_opened_again_at_the_next_call(ssh: Ssh, connections: Connections) -> None:
    connections.warm(ssh.config, "a")
    os.kill(ssh.pid("a"), 9)
    os.waitid(os.P_PID, ssh.pid("a"), os.WEXITED | os.WNOWAIT)
    assert connections.warm(ssh.config, "a") is None
    assert ssh.calls("open a") == 2


@pytest.mark.parametrize(
    ("state", "why", "opened"), [("refuses-a", "No route to host", 1), ("others-a", None, 0)]
)
def test_the_connection_of_another_process_is_used_and_without_any_ssh_says_why(
    ssh: Ssh, connections: Connections, state: str, why: str | None, opened: int
) -> None:
    (ssh.folder / state).touch()
    assert connections.warm(ssh.config, "a") == why
    assert ssh.calls("open a") == opened


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
