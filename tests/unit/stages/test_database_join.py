"""A member that hangs while it joins is stopped, since all others would wait for it."""

import subprocess

import pytest

from stages.roles.database.join import ASKED_WITHIN, KILL, SERVER, START, STOP, TRY_AGAIN, join


class Machine:
    """Programs that end as a test wants; those that hang are killed when their time is over."""

    def __init__(self, status: int = 0, *hanging: tuple[str, ...]) -> None:
        self.status, self.hanging = status, hanging
        self.ran: list[tuple[tuple[str, ...], float]] = []

    def run(self, argv: tuple[str, ...], within: float) -> subprocess.CompletedProcess[str]:
        self.ran.append((argv, within))
        if argv in self.hanging:
            raise subprocess.TimeoutExpired(argv, within)
        return subprocess.CompletedProcess(argv, self.status, "Joined, 28 writes wait", "it is full")


@pytest.mark.parametrize(("status", "exit_status"), [(0, 0), (4, 1)])
def test_a_start_that_ends_is_all_there_is(status: int, exit_status: int) -> None:
    machine = Machine(status)
    assert join(machine.run, 300) == (exit_status, "it is full")
    assert machine.ran == [(START, 300)]


def test_a_member_that_hangs_tells_where_and_is_stopped_and_may_be_tried_again() -> None:
    machine = Machine(0, START)
    status, said = join(machine.run, 300)
    assert status == TRY_AGAIN
    assert "Joined, 28 writes wait" in said
    assert said.endswith("no member of the cluster within 300 s; it was stopped, so that others can write")
    assert [argv for argv, _ in machine.ran[-2:]] == [KILL, STOP]


def test_one_that_does_not_even_answer_is_stopped_all_the_same() -> None:
    machine = Machine(0, START, SERVER)
    _, said = join(machine.run, 300)
    assert f"mariadb did not answer within {ASKED_WITHIN} s" in said
    assert [argv for argv, _ in machine.ran[-2:]] == [KILL, STOP]
