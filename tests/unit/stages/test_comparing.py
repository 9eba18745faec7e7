"""What HAProxy counted between two looks, and whether a colour that is tried answers worse than the other."""

import random
from dataclasses import replace

import pytest

from stages.design.canary import Canary
from stages.planning.comparing import Compared
from stages.roles.loadbalancer import counters
from stages.roles.loadbalancer.counted import WINDOW, Answers, between, together

CANARY = Canary(share=10, seconds=120)


class Pool:
    """Counts as HAProxy does: times are whole, exact up to a number of requests, and fade from then on."""

    def __init__(self) -> None:
        self.total, self.requests, self.errors = 0, 0, 0

    def answer(self, wait: int, *, error: bool = False) -> None:
        self.requests += 1
        self.errors += error
        if self.requests > WINDOW:
            self.total -= -(-self.total // WINDOW)
        self.total += wait

    @property
    def seen(self) -> dict[str, dict[str, int]]:
        mean = -(-self.total // min(self.requests, WINDOW)) if self.requests else 0
        good = self.requests - self.errors
        told = {"req_tot": self.requests, "hrsp_2xx": good, "hrsp_5xx": self.errors, "rtime": mean}
        return {"identity": {"qtime": 0, "ctime": 0, "econ": 0, **told}}


@pytest.mark.parametrize("before", [0, 40, 500, 5000])
@pytest.mark.parametrize("asked", [100, 700])
def test_the_time_to_an_answer_is_that_of_the_window_and_not_of_all_before(before: int, asked: int) -> None:
    pool, chance = Pool(), random.Random(before + asked)  # noqa: S311 - times, not keys
    for _ in range(before):
        pool.answer(chance.randint(5, 15))
    seen = pool.seen
    for _ in range(asked):
        pool.answer(chance.randint(190, 210))
    found = between(seen, pool.seen, "identity")
    assert found.requests == asked
    assert found.wait == pytest.approx(200, abs=found.doubt + 5)
    assert found.doubt < 8


def test_where_nobody_asked_nothing_is_known() -> None:
    pool = Pool()
    assert between(pool.seen, pool.seen, "identity") == Answers()
    pool.answer(10)
    assert between(pool.seen, pool.seen, "identity").requests == 0
    assert between({}, {}, "image") == Answers()


def test_a_worker_that_started_in_between_has_counted_since_then() -> None:
    old, new = Pool(), Pool()
    for _ in range(50):
        old.answer(10, error=True)
    for _ in range(20):
        new.answer(30)
    found = between(old.seen, new.seen, "identity")
    assert (found.requests, found.errors, round(found.wait)) == (20, 0, 30)


def test_load_balancers_are_taken_together_by_their_requests() -> None:
    one, other = Answers(requests=300, errors=3, wait=10, doubt=1), Answers(requests=100, wait=50, doubt=5)
    assert together([one, other]) == Answers(requests=400, errors=3, wait=20, doubt=2)
    assert together([Answers(), Answers()]) == Answers()


HEAD = (
    "# pxname,svname,type,req_tot,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,"
    "econ,eresp,wretr,wredis,qtime,ctime,rtime,\n"
)


def test_pools_and_servers_that_speak_http_are_counted() -> None:
    text = (
        f"{HEAD}identity,FRONTEND,0,9,0,9,0,0,0,,,,,,,,\n"
        "identity,identity-blue-1,2,4,0,3,0,0,1,2,0,3,1,0,1,20,\n"
        "identity,BACKEND,1,4,0,3,0,0,1,2,0,3,1,0,1,20,\n"
        "database,BACKEND,1,,,,,,,0,0,0,0,0,0,0,\n"
    )
    found = counters.counters(text)
    assert set(found) == {"identity", "identity/identity-blue-1"}
    assert between({}, found, "identity") == Answers(4, 0, 1, 3, 1, 2, 20.0, 1.0)


def compared(errors: int, requests: int, other: Answers | None = None, wait: float = 20.0) -> Compared:
    good = Answers(requests=900, wait=20.0, doubt=1.0)
    return Compared(
        "identity", Answers(requests=requests, errors=errors, wait=wait, doubt=1.0), other or good
    )


@pytest.mark.parametrize(
    ("errors", "requests", "clear"),
    [
        (0, 0, False),
        (2, 2, False),  # a worker that has just started may lose one answer, or two
        (3, 3, True),
        (3, 20, False),
        (4, 10, True),
        (10, 200, True),
        (2, 200, False),
        (1500, 100_000, True),
    ],
)
def test_what_chance_cannot_explain_ends_it_at_once(errors: int, requests: int, *, clear: bool) -> None:
    assert bool(compared(errors, requests).clearly_worse(CANARY)) is clear


def test_what_the_other_one_answers_alike_is_no_fault_of_this_one() -> None:
    bad = Answers(requests=900, errors=300)
    assert compared(35, 100, bad).clearly_worse(CANARY) == compared(33, 100, bad).worse(CANARY) == ""
    all_bad = Answers(requests=900, errors=900)
    assert compared(100, 100, all_bad).clearly_worse(CANARY) == ""


@pytest.mark.parametrize(("errors", "requests", "worse"), [(1, 100, False), (2, 100, True), (9, 99, False)])
def test_at_the_end_the_bound_counts_if_there_were_enough_requests(
    errors: int, requests: int, *, worse: bool
) -> None:
    told = compared(errors, requests).worse(CANARY)
    assert bool(told) is worse
    if worse:
        assert told == "identity: 2 of 100 answers are 5xx, of the other's 0 of 900 (at most 1% more)"


@pytest.mark.parametrize(("wait", "worse"), [(70, False), (74, True)])
def test_a_few_milliseconds_are_not_noticed_however_often_the_other_s_time_that_is(
    wait: float, *, worse: bool
) -> None:
    assert bool(compared(0, 100, wait=wait).worse(CANARY)) is worse


@pytest.mark.parametrize(("wait", "worse"), [(400, False), (410, True)])
def test_twice_as_slow_is_worse(wait: float, *, worse: bool) -> None:
    other = Answers(requests=900, wait=200.0, doubt=1.0)
    told = compared(0, 100, other, wait).worse(CANARY)
    assert bool(told) is worse
    if worse:
        assert told == "identity: 410 ms to an answer, the other's 200 ms (at most 2 times that)"
        assert compared(0, 100, replace(other, requests=99), wait).worse(CANARY) == ""
