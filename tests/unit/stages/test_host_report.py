"""The program that reports what a host has: run as hosts run it, against ports of this test."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from stages.machine.substrates.remote import SENT
from stages.requests.fitness import PROGRAM


def reported(question: dict[str, Any]) -> dict[str, Any]:
    source = PROGRAM.read_bytes()
    body = (
        b"%d\n" % len(source)
        + source
        + json.dumps({"directories": [], "ports": [], "names": []} | question).encode()
    )
    done = subprocess.run(
        (sys.executable, "-I", "-S", "-c", SENT), input=body, capture_output=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def listening() -> Any:  # noqa: ANN401 - a generator of two ports
    with socket.socket() as server, socket.socket() as unused:
        server.bind(("127.0.0.1", 0))
        server.listen()
        unused.bind(("127.0.0.1", 0))
        yield server.getsockname()[1], unused.getsockname()[1]


def test_a_port_is_open_or_closed_or_not_reached_and_why(listening: tuple[int, int]) -> None:
    there, refusing = listening
    # TEST-NET-1 would leave the machine; an address of no network of it is refused by the kernel itself.
    ports = [("127.0.0.1", there), ("127.0.0.1", refusing), ("255.255.255.255", 9)]
    states = [state for _, _, state in reported({"ports": ports})["ports"]]
    assert states[:2] == ["open", "closed"]
    assert states[2] not in {"open", "closed", ""}


def test_room_is_that_of_the_file_system_where_a_directory_will_be(tmp_path: Path) -> None:
    missing = str(tmp_path / "not/there/yet")
    room = reported({"directories": [missing]})["directories"][missing]
    seen = os.statvfs(tmp_path)
    assert room["at"] == str(tmp_path)
    assert room["size_mb"] == seen.f_blocks * seen.f_frsize >> 20
    assert 0 < room["free_mb"] <= room["size_mb"]
    assert room["inodes"] == seen.f_files


def test_names_have_their_addresses_and_an_unknown_one_none() -> None:
    names = reported({"names": ["localhost", "nobody.invalid"]})["names"]
    assert names == {"localhost": ["127.0.0.1"], "nobody.invalid": []}


def test_clock_python_and_memory_are_the_hosts() -> None:
    before = time.time()
    found = reported({})
    assert before <= found["clock"] <= time.time() - found["took"]
    assert found["python"] == list(sys.version_info[:3])
    assert found["memory_mb"] > 100


def test_every_network_interface_has_its_mtu() -> None:
    found = reported({})["mtus"]
    assert set(found) == {name for _, name in socket.if_nameindex()}
    assert found["lo"] == int(Path("/sys/class/net/lo/mtu").read_text())
