"""A member that hangs while it joins is stopped, since all others would wait for it."""

import subprocess
from collections.abc import Callable

import pytest

from stages.roles.database.join import (
    APPLIED,
    KILL,
    LOG,
    RECEIVED,
    START,
    STATE,
    STOP,
    TRY_AGAIN,
    WAITING,
    join,
)


def nothing(_: float) -> str:
    return ""


class Host:
    """A host whose programs say what a test wants at each moment; None: the program does not end."""

    def __init__(self, **says: Callable[[float], str | None]) -> None:
        self.time, self.says, self.ran = 0.0, says, list[tuple[str, ...]]()

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def run(self, argv: tuple[str, ...], within: float) -> subprocess.CompletedProcess[str]:
        self.ran.append(argv)
        asked = {STATE: "state", RECEIVED: "received", APPLIED: "applied", WAITING: "waiting", LOG: "log"}
        said = self.says.get(asked.get(argv, "other"), nothing)(self.time)
        if said is None:
            self.time += within
            raise subprocess.TimeoutExpired(argv, within)
        return subprocess.CompletedProcess(argv, 0, said, "")


def active_after_900_s(at: float) -> str:
    return "ActiveState=active\n" if at > 900 else "ActiveState=activating\nJob=7 /org/job/7\n"


def hanging(_: float) -> str:
    return "ActiveState=activating\n"


def test_a_member_that_gets_data_may_take_as_long_as_it_needs() -> None:
    host = Host(state=active_after_900_s, received=lambda at: f"{at // 50}")
    assert join(host, 60) == (0, "")
    assert host.ran[0] == START
    assert host.time > 900


def test_so_does_one_that_applies_what_it_missed() -> None:
    host = Host(state=active_after_900_s, applied=lambda at: f"{at // 50}")
    assert join(host, 60)[0] == 0


@pytest.mark.parametrize("state", ["failed", "inactive"])
def test_one_that_does_not_start_says_why_and_is_not_started_again(state: str) -> None:
    host = Host(state=lambda _: f"ActiveState={state}\n", log=lambda _: "no space left")
    assert join(host, 60) == (1, "no space left\nit did not start")


def test_one_whose_start_is_only_queued_is_waited_for() -> None:
    seen = iter(
        ("ActiveState=failed\nJob=7 /org/job/7\n", "ActiveState=inactive\nJob=7\n", "ActiveState=active\n")
    )
    assert join(Host(state=lambda _: next(seen)), 60) == (0, "")


def test_one_that_hangs_tells_what_it_waits_for_and_is_stopped_and_may_be_tried_again() -> None:
    host = Host(state=hanging, waiting=lambda _: "Joined, 28 writes wait")
    status, said = join(host, 60)
    assert status == TRY_AGAIN
    assert said.startswith("Joined, 28 writes wait")
    assert said.endswith("nothing for 60 s, and was stopped, so that others can write")
    assert host.ran[-2:] == [KILL, STOP]
    assert host.time < 70


def test_one_that_answers_only_now_and_then_makes_no_progress_by_that() -> None:
    host = Host(state=hanging, received=lambda _: "7", applied=lambda at: "9" if int(at) % 2 else None)
    assert join(host, 60)[0] == TRY_AGAIN
    assert host.time < 200


def test_one_that_does_not_even_answer_is_stopped_all_the_same() -> None:
    host = Host(
        state=hanging, applied=lambda _: None, waiting=lambda _: None, other=lambda at: None if at else ""
    )
    status, said = join(host, 60)
    assert status == TRY_AGAIN
    assert said.startswith("the server did not answer within 5 s")
    assert host.ran[-2:] == [KILL, STOP]
