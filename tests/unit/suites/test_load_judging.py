"""The judgement of a load: each defect that it is made for, a sound stage, and too little to judge by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random

import pytest
from observed import met, unmet

from suites.errors import ClientFailed, NotMeasured
from suites.hosts.reading import Observation
from suites.load.arrivals import Arrival, Series, arrivals
from suites.load.judging import none_failed, none_stands_out, none_waited
from suites.load.loads import Loads, Taken
from suites.load.mix import Mix, Subject
from suites.load.sampled import LATE_S, Ended, Sample, joined
from suites.probes.spec import Kind
from suites.seam.report import Retake
from suites.seam.target import Load

LOAD = Load(rate=22.0, lasts=19.0, waits=0.5)
SUBJECT = Subject(
    "glance", Mix("image", ("/v2/images",), Kind.IMAGE_RECORD, frozenset()), {"image-1": 4, "image-2": 4}
)
Taking = Callable[[Arrival], float]


def drawn(seed: object) -> Random:
    return Random(str(seed))  # noqa: S311 - a test


def usual(one: Arrival) -> float:
    """What a request takes on a busy machine: some 40 ms, now and then ten times that."""
    chance = drawn(f"{one.at}{one.host}").random()
    return 0.03 + 0.02 * chance + (0.4 if chance > 0.9 else 0.0)


def samples(taking: Taking = usual, error: Callable[[Arrival], str | None] = lambda _: None) -> list[Sample]:
    due = arrivals([SUBJECT], LOAD, drawn(5))
    return [Sample(one, Ended(one.at, one.at + one.held + taking(one), error(one))) for one in due]


def waited(found: Sequence[Sample]) -> Observation:
    return none_waited(SUBJECT, found, LOAD.waits)


def test_a_sound_stage_is_green_although_answers_are_slow_now_and_then() -> None:
    found = samples()
    assert met(none_failed(found)) == f"{len(found)} requests answered"
    assert "beside 3 slow clients" in met(waited(found))
    assert "alike, by the median" in met(none_stands_out(SUBJECT, found))


def test_one_slow_host_of_a_role_stands_out() -> None:
    found = samples(lambda one: usual(one) + (0.15 if one.host == "image-2" else 0.0))
    assert unmet(none_stands_out(SUBJECT, found)).startswith("image-2 is slower than the others by 0.15 s")
    met(waited(found))


def test_a_slow_host_is_named_among_many() -> None:
    three = replace(SUBJECT, hosts={"image-1": 4, "image-2": 4, "image-3": 4})
    due = arrivals([three], LOAD, drawn(5))
    found = [
        Sample(one, Ended(one.at, one.at + one.held + usual(one) + (0.2 if one.host == "image-3" else 0.0)))
        for one in due
    ]
    seen = unmet(none_stands_out(three, found))
    assert "image-3 is slower" in seen
    assert "image-1 is slower" not in seen


def test_a_difference_that_no_client_notices_is_none() -> None:
    met(none_stands_out(SUBJECT, samples(lambda one: 0.04 + (0.03 if one.host == "image-2" else 0.0))))
    met(none_stands_out(SUBJECT, samples(lambda one: 0.40 + (0.10 if one.host == "image-2" else 0.0))))


def test_a_host_with_one_worker_fewer_than_it_should_have_makes_requests_wait() -> None:
    def taking(one: Arrival) -> float:
        blocked = one.host == "image-1" and one.series is Series.BESIDE
        return usual(one) + (0.8 if blocked else 0.0)  # until the slow client is gone

    seen = unmet(waited(samples(taking)))
    assert seen.startswith("waits for more than 0.5 s: ")
    assert "at image-1 beside 3 slow clients" in seen
    assert "image-2" not in seen


def test_a_queue_in_front_of_all_hosts_is_seen_through_the_vip() -> None:
    seen = unmet(waited(samples(lambda one: usual(one) + (0.0 if one.host else 0.7))))
    assert "through the VIP" in seen


def test_errors_that_come_only_with_more_than_one_request_are_seen_and_told_apart() -> None:
    def error(one: Arrival) -> str | None:
        return "refused: 500 no pool" if one.host == "image-2" and one.series is Series.TOGETHER else None

    seen = unmet(none_failed(samples(error=error)))
    assert "read /v2/images at image-2 together with others: refused: 500 no pool" in seen
    assert "; and " in seen


def test_nothing_sent_is_no_green() -> None:
    assert unmet(none_failed([])) == "no request was sent"
    for judge in (waited, lambda found: none_stands_out(SUBJECT, found)):
        with pytest.raises(NotMeasured, match="too few requests"):
            judge([])


def late(found: Sequence[Sample]) -> list[Sample]:
    """The same of a machine that was too busy to send them in time."""
    return [replace(one, ended=Ended(one.due.at + 2 * LATE_S, one.ended.ended + 2 * LATE_S)) for one in found]


def test_requests_that_were_sent_too_late_prove_nothing() -> None:
    slow = late(samples(lambda one: usual(one) + (0.5 if one.host == "image-2" else 0.0)))
    with pytest.raises(NotMeasured, match=r"0 at image-1, and at least 4 are needed"):
        none_stands_out(SUBJECT, slow)
    with pytest.raises(NotMeasured, match=r"raise load.rate or load.lasts"):
        waited(slow)


def test_a_request_that_came_before_its_slow_clients_did_not_wait_for_them() -> None:
    def early(one: Sample) -> Sample:
        slow = one.due.series is Series.SLOW and one.due.host == "image-1"
        return replace(one, ended=Ended(one.due.at + 0.3, one.due.at + 1.4)) if slow else one

    with pytest.raises(NotMeasured, match="0 at image-1 beside 3 slow clients"):
        waited([early(one) for one in samples()])


def test_few_requests_are_never_sure_enough() -> None:
    found = [one for one in samples() if one.due.series is Series.ALONE]
    few = [one for host in SUBJECT.hosts for one in [two for two in found if two.due.host == host][:4]]
    with pytest.raises(NotMeasured, match="4 at image-1, 4 at image-2"):
        none_stands_out(SUBJECT, few)


def test_a_host_alone_can_be_compared_with_nobody() -> None:
    with pytest.raises(NotMeasured, match="no two hosts to compare"):
        none_stands_out(replace(SUBJECT, hosts={"image-1": 4}), samples())


def session(*loads: Sequence[Sample]) -> Loads:
    left = iter(Taken(tuple(found), f"load-{number}.jsonl") for number, found in enumerate(loads))
    return Loads(lambda _: next(left), {SUBJECT.component: SUBJECT})


def test_too_few_requests_are_taken_again_and_counted_and_a_judgement_stays() -> None:
    slow = samples(lambda one: usual(one) + (0.8 if one.host == "image-2" else 0.0))
    taken = session(late(samples()), slow)
    told: list[Retake] = []
    unmet(taken.judged("glance", none_stands_out, told.append))
    assert [one.evidence for one in told] == ["load-0.jsonl"]
    assert "too few requests" in told[0].why

    again: list[Retake] = []
    sound = session(slow, samples())
    unmet(sound.judged("glance", none_stands_out, again.append))
    assert not again
    assert len(sound.taken) == 1


def test_two_loads_that_say_too_little_are_inconclusive() -> None:
    told: list[Retake] = []
    with pytest.raises(NotMeasured):
        session(late(samples()), late(samples())).judged("glance", none_stands_out, told.append)
    assert len(told) == 1


def test_all_checks_of_a_session_are_judged_by_the_same_loads() -> None:
    taken = session(late(samples()), samples())
    for judge in (none_stands_out, lambda _, found: waited(found)):
        met(taken.judged("glance", judge, lambda _: None))
    assert len(taken.taken) == 2


def test_a_load_that_fails_is_not_put_on_again_for_each_check() -> None:
    tried: list[Sequence[Subject]] = []

    def put(subjects: Sequence[Subject]) -> Taken:
        tried.append(subjects)
        raise ClientFailed("no answer within 80 s")

    loads = Loads(put, {SUBJECT.component: SUBJECT})
    for _ in range(3):
        with pytest.raises(ClientFailed):
            loads.judged("glance", none_stands_out, lambda _: None)
    assert len(tried) == 1


def test_what_the_client_says_must_be_about_all_requests() -> None:
    due = arrivals([SUBJECT], LOAD, drawn(5))
    whole: list[Mapping[str, object]] = [{"sent": one.at, "ended": one.at + 1.0} for one in due]
    assert [one.due for one in joined(due, whole)] == list(due)
    with pytest.raises(NotMeasured, match="did not report all"):
        joined(due, whole[1:])
    with pytest.raises(NotMeasured, match="can't be parsed"):
        joined(due, [{"sent": "x"}])
