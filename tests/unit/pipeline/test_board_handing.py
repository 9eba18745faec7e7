"""Pushes are handed over one after the other, whatever becomes of one, and a stop has a limit."""

import threading
from collections.abc import Callable, Iterator

import pytest

from pipeline.board.handing import Handing
from pipeline.board.pushes import MOST_S
from pipeline.core.errors import UsageProblem


class Clockwork:
    """A clock that is far ahead at each look, so that everything is due at once."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        self.time += MOST_S
        return self.time


class Runs:
    """Promotions that end when they are let, with these exit codes; `begun` are their candidates."""

    def __init__(self, *codes: int | Exception) -> None:
        self.begun: list[str] = []
        self.let = threading.Semaphore(0)
        self.on = threading.Semaphore(0)
        self._codes = list(codes)

    def __call__(self, candidate: str) -> int:
        self.begun.append(candidate)
        self.on.release()
        assert self.let.acquire(timeout=30)
        code = self._codes.pop(0)
        if isinstance(code, Exception):
            raise code
        return code


Handed = Callable[..., tuple[Handing, Runs, list[str]]]


@pytest.fixture
def handed() -> Iterator[Handed]:
    open_: list[tuple[Handing, Runs]] = []

    def start(
        *codes: int | Exception, say: Callable[[str], None] | None = None
    ) -> tuple[Handing, Runs, list[str]]:
        runs, said = Runs(*codes), []
        handing = Handing(runs, Clockwork(), say or said.append)
        handing.start()
        open_.append((handing, runs))
        return handing, runs, said

    yield start
    for handing, runs in open_:
        runs.let.release(9)
        handing.stop()


def test_promotions_of_pushes_begin_one_after_the_other(handed: Handed) -> None:
    handing, runs, said = handed(0, 3)
    handing.pushed("code")
    assert runs.on.acquire(timeout=30)
    for _ in range(3):
        handing.pushed("config")
    assert handing.waiting() == 2
    assert runs.begun == ["code"]

    runs.let.release()
    assert runs.on.acquire(timeout=30)
    assert runs.begun == ["code", "config"]
    assert handing.ended() == {("code", "0"): 1}
    runs.let.release()
    handing.stop()

    assert handing.ended() == {("code", "0"): 1, ("config", "3"): 1}
    assert handing.waiting() == 0
    assert said[-1] == "the promotion of a push to the config ended with exit code 3"


@pytest.mark.parametrize(
    "problem",
    [
        UsageProblem("git fetch failed", next="git fetch"),
        OSError("git fetch failed"),
        KeyError("git fetch failed"),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_a_promotion_that_cannot_begin_is_told_and_the_next_one_begins(
    handed: Handed, problem: Exception
) -> None:
    handing, runs, said = handed(problem, 0)
    runs.let.release(2)
    handing.pushed("code")
    assert runs.on.acquire(timeout=30)
    handing.pushed("config")
    assert runs.on.acquire(timeout=30)
    handing.stop()

    assert handing.ended() == {("code", "not_begun"): 1, ("config", "0"): 1}
    assert "git fetch failed" in said[0]


def test_pushes_are_handed_over_when_nobody_can_be_told(handed: Handed) -> None:
    def gone(_text: str) -> None:
        raise BrokenPipeError

    handing, runs, _ = handed(UsageProblem("git fetch failed", next="git fetch"), 0, say=gone)
    runs.let.release(2)
    for _ in range(2):
        handing.pushed("config")
        assert runs.on.acquire(timeout=30)
    handing.stop()

    assert handing.ended() == {("config", "not_begun"): 1, ("config", "0"): 1}


def test_a_transient_failure_is_followed_by_two_more_tries(handed: Handed) -> None:
    handing, runs, _ = handed(75, 75, 75)
    runs.let.release(3)
    handing.pushed("code")
    for _ in range(3):
        assert runs.on.acquire(timeout=30)
    handing.stop()

    assert runs.begun == ["code"] * 3
    assert handing.waiting() == 0


def test_a_server_that_stops_begins_no_more(handed: Handed) -> None:
    handing, runs, _ = handed(0)
    handing.pushed("code")
    assert runs.on.acquire(timeout=30)
    handing.pushed("config")
    stopping = threading.Thread(target=handing.stop)
    stopping.start()
    runs.let.release()
    stopping.join(30)

    assert not stopping.is_alive()
    assert runs.begun == ["code"]


def test_a_stop_waits_no_longer_than_it_may_and_says_what_goes_on(handed: Handed) -> None:
    handing, runs, said = handed(0)
    handing.pushed("code")
    assert runs.on.acquire(timeout=30)
    handing.stop(0.1)

    assert said == [
        "the promotion of a push has not ended 0.1 s after it was asked to, and is left; next: promote status"
    ]
    assert handing.waiting() == 1
