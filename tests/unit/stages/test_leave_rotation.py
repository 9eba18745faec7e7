"""A service leaves the rotation before it stops: in this order, and never for longer than its limits."""

import json
import shutil
import sys
import time
from pathlib import Path

import pytest
from balancer_stand_in import haproxy
from programs import ended, executable

from stages.balancing import leave_rotation
from stages.balancing.leave_rotation import alone_in, still_in

UP, OUT, DOWN = "identity,one,UP,L7OK,,,\n", "identity,one,NOLB,L7OKC,,,\n", "identity,one,DOWN,L7STS,,,\n"
OTHER_UP, OTHER_DOWN = "identity,two,UP,L7OK,,,\n", "identity,two,DOWN,L4CON,,,\n"
# What `ss` prints of one who is connected; then of nobody.
CONNECTED = "0 0 10.0.0.2:5000 10.0.0.9:41000"


class Stop:
    """A service that is about to be stopped, with its own `ss`, and the load balancer at a port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.mark, self.sign = folder, folder / "draining", folder / "drains"
        self.program = folder / "leave-rotation"
        shutil.copy(leave_rotation.__file__, self.program)
        self.sign.touch()
        self.connected(0)

    def connected(self, looks: int) -> None:
        """Have a client that is seen in so many looks; each look leaves a line."""
        lines = ("#!/bin/sh", f"echo >> {self.folder}/looks",
                 f'[ "$(wc -l < {self.folder}/looks)" -gt {looks} ] || echo "{CONNECTED}"')  # fmt: skip
        executable(self.folder / "ss", "\n".join(lines) + "\n")

    @property
    def looks(self) -> int:
        return len((self.folder / "looks").read_text().splitlines())

    def leave(self, port: int | None, within: float = 5.0) -> str:
        """Leave, and return what was printed."""
        balancers = {"balancer": "127.0.0.1"} if port else {}
        stage = {"server": "one", "balancers": balancers, "port": port or 0}
        limits = dict.fromkeys(("returned_within", "noticed_within", "served_within"), within)
        self.program.with_suffix(".json").write_text(json.dumps(stage | limits))
        files = ("--mark", str(self.mark), "--sign", str(self.sign))
        argv = (sys.executable, "-IS", self.program, *files, "--port", "5000", "identity")
        done = ended(*argv, first_on_path=self.folder)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout


@pytest.fixture
def stop(tmp_path: Path) -> Stop:
    return Stop(tmp_path)


@pytest.mark.parametrize("out", [OUT, DOWN])
def test_it_says_that_it_drains_once_another_takes_over_and_ends_once_it_is_out(stop: Stop, out: str) -> None:
    marked: list[bool] = []
    answers = (UP + OTHER_DOWN, UP + OTHER_UP, UP + OTHER_UP, out + OTHER_UP)
    with haproxy(*answers, asked=lambda: marked.append(stop.mark.exists())) as port:
        assert stop.leave(port) == ""
    assert marked == [False, False, True, True]


@pytest.mark.parametrize("status", ["UP", "UP 1/2", "no check"])
def test_where_new_clients_are_sent_it_is_not_out(status: str) -> None:
    rows = [
        {"pxname": "identity", "svname": "one", "status": status},
        {"pxname": "identity", "svname": "two", "status": "DOWN"},
    ]
    assert still_in("one", ["identity", "image"], rows) == ["identity"]
    assert still_in("two", ["identity"], rows) == []


def test_one_that_takes_no_clients_leaves_none_alone() -> None:
    rows = [{"pxname": "database", "svname": name, "status": "DOWN"} for name in ("one", "two")]
    assert alone_in("one", ["database"], rows) == []


def test_it_waits_for_those_who_are_connected_until_two_looks_see_nobody(stop: Stop) -> None:
    stop.connected(looks=3)
    with haproxy(OUT + OTHER_UP) as port:
        assert stop.leave(port) == ""
    assert stop.looks == 5


def test_a_stop_ends_although_nobody_notices_and_says_who_was_cut_off(stop: Stop) -> None:
    stop.connected(looks=1000)
    began = time.monotonic()
    with haproxy(UP + OTHER_DOWN) as port:
        said = stop.leave(port, within=0.4)
    assert said.splitlines() == [
        "after 0.4 s no other server takes clients at: balancer/identity",
        "after 0.4 s one still takes clients at: balancer/identity",
        "after 0.4 s still connected to port 5000: 10.0.0.9:41000",
    ]
    assert time.monotonic() - began < 10


def test_a_load_balancer_that_does_not_answer_sends_no_clients_and_is_told_once(stop: Stop) -> None:
    with haproxy(UP) as port:
        pass
    (said,) = stop.leave(port).splitlines()
    assert said.startswith(f"balancer does not answer at 127.0.0.1:{port}, so it is left out: ")


def test_a_load_balancer_that_says_nothing_of_its_servers_does_not_answer(stop: Stop) -> None:
    with haproxy("", head="") as port:
        (said,) = stop.leave(port).splitlines()
    assert "so it is left out: not what it knows of its servers: ''" in said


def test_a_service_that_knows_no_drain_waits_for_its_clients_alone(stop: Stop) -> None:
    stop.sign.unlink()
    with haproxy(UP + OTHER_UP) as port:
        assert stop.leave(port) == f"it does not drain, or has not started yet: there is no {stop.sign}\n"
    assert stop.looks == 2


def test_a_host_without_load_balancers_waits_for_its_clients_alone(stop: Stop) -> None:
    assert stop.leave(None) == ""
    assert stop.looks == 2


def test_the_only_server_that_the_load_balancers_know_waits_for_its_clients_alone(stop: Stop) -> None:
    """Nobody else will take over, and the load balancers' checks would only take the service away earlier."""
    with haproxy(UP) as port:
        assert stop.leave(port) == ""
    assert stop.looks == 2
