"""Points of traffic: what each plane answered in a time, and who had no answer for too long."""

import json

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.traffic import (
    Kept,
    Point,
    Row,
    answered,
    binned,
    by_service,
    point_line,
    read_points,
    servers_up,
)
from pipeline.picture.clients import read_client
from pipeline.picture.gaps import client_gaps, counted_gaps, longest
from pipeline.picture.subject import Client, Failure, Span


def point(at: float, blue: int, green: int = 0, source: str = "lb-1", **green_counts: int) -> Point:
    rows = [Row("identity", "blue", {"2xx": blue}, 20.0, 2)] if blue else []
    if green or green_counts:
        rows.append(Row("identity", "green", {"2xx": green, **green_counts}, 10.0, 3))
    return Point(at, 0.5, source, tuple(rows))


def test_counts_are_of_the_time_in_which_they_were_made() -> None:
    points = [point(1.0, 4), point(1.5, 6, 2), point(2.0, 0, 8, **{"5xx": 2, "retries": 1})]
    found = answered(points, 0.5, 1.5)
    assert (found["blue"].requests, found["green"].requests) == (10.0, 2.0)
    green = answered(points, 1.5, 2.0)["green"]
    assert (green.requests, green.errors, green.wait_ms, green.beside) == (10.0, 2.0, 10.0, {"retries": 1.0})


def test_a_point_that_is_in_two_times_is_divided() -> None:
    first, second = binned([point(1.25, 8)], 0.0, 1.0, 2)["blue"]
    assert (first.requests, second.requests) == (4.0, 4.0)


@given(st.lists(st.tuples(st.floats(1, 59), st.integers(1, 50)), min_size=1), st.integers(1, 90))
def test_no_request_is_lost_or_counted_twice(seen: list[tuple[float, int]], number: int) -> None:
    found = binned([point(at, count) for at, count in seen], 0.0, 60 / number, number)
    assert abs(sum(one.requests for one in found["blue"]) - sum(count for _, count in seen)) < 1e-6


def test_of_two_load_balancers_the_one_with_fewer_servers_is_told() -> None:
    up = servers_up([point(1.0, 1), Point(1.0, 0.5, "lb-2", (Row("identity", "blue", {}, 0.0, 1),))])
    assert up == {("identity", "blue"): 1}


def test_services_are_told_apart() -> None:
    image = Point(1.0, 0.5, "lb-1", (Row("image", "blue", {"2xx": 3}, 9.0, 2),))
    found = by_service([point(1.0, 4), image], 0.5, 1.0)
    assert {service: planes["blue"].requests for service, planes in found.items()} == {
        "identity": 4.0,
        "image": 3.0,
    }


def test_points_come_back_from_their_lines_in_order_of_time() -> None:
    points = (point(1.0, 4), point(1.5, 6, 2))
    assert read_points("".join(map(point_line, reversed(points)))) == Kept(points)
    assert read_points(point_line(points[0]) + '{"at"') == Kept(points[:1], torn=1)


def test_a_time_in_which_nobody_was_answered_is_a_gap_and_a_pause_of_few_clients_is_none() -> None:
    busy = [point(number / 2, 10) for number in range(1, 41)]
    away = [one for one in busy if not 8 < one.at <= 11.5] + [
        point(8.5 + number / 2, 0) for number in range(7)
    ]
    (gap,) = counted_gaps(sorted(away, key=lambda one: one.at))
    assert (gap.begin, gap.end) == (8.0, 11.5)
    rare = [point(number / 2, int(number % 6 == 0)) for number in range(1, 121)]
    assert counted_gaps(rare) == ()
    assert counted_gaps(()) == ()


GATES = (Span("gate build/smoke", 20.0, 40.0), Span("gate build/api", 44.0, 58.0))


def asked_in(*times: tuple[float, float]) -> list[Point]:
    """Ten requests each half second in these times of a minute."""
    every = [number / 2 for number in range(1, 121)]
    return [point(at, 10 if any(begin < at <= end for begin, end in times) else 0) for at in every]


def test_where_only_gates_ask_a_time_without_them_is_quiet_and_no_gap() -> None:
    """Also until a gate has begun to ask, and after its last request."""
    found = counted_gaps(asked_in((25.0, 35.0), (47.0, 57.0)), GATES)
    assert [(one.begin, one.end, one.quiet) for one in found] == [(0.0, 25.0, True), (35.0, 47.0, True)]
    assert longest(found, 0.0, 60.0) is None


def test_where_a_gate_goes_on_asking_a_time_without_an_answer_is_a_gap() -> None:
    found = counted_gaps(asked_in((22.0, 28.0), (32.0, 38.0)), GATES)
    assert [(one.begin, one.end, one.quiet) for one in found] == [(0.0, 22.0, True), (28.0, 32.0, False)]


def counted_of(until: float, *gates: Span, dead: tuple[float, float]) -> list[tuple[float, float, bool]]:
    """What is found where gates alone ask, 50 times a second, and get no answer in a time."""
    points = [
        point(
            at, 25 if any(one.began < at <= one.ended for one in gates) and not dead[0] < at <= dead[1] else 0
        )
        for at in (number / 2 for number in range(1, int(until * 2) + 1))
    ]
    return [(one.begin, one.end, one.quiet) for one in counted_gaps(points, gates)]


def test_what_a_gate_did_not_get_at_its_end_or_begin_is_a_gap_although_nobody_asks_beside_it() -> None:
    smoke, api = Span("gate build/smoke", 0.0, 100.0), Span("gate build/api", 1300.0, 1400.0)
    assert counted_of(1400.0, smoke, api, dead=(60.0, 100.0)) == [(60.0, 100.0, False), (100.0, 1300.0, True)]
    assert counted_of(1400.0, smoke, api, dead=(1300.0, 1340.0)) == [
        (100.0, 1300.0, True),
        (1300.0, 1340.0, False),
    ]


def test_an_outage_from_one_gate_into_the_next_is_one_gap() -> None:
    smoke, api = Span("gate build/smoke", 0.0, 100.0), Span("gate build/api", 100.0, 200.0)
    assert counted_of(300.0, smoke, api, dead=(60.0, 140.0)) == [
        (60.0, 140.0, False),
    ]


def test_where_clients_ask_all_the_time_no_gate_excuses_a_gap() -> None:
    found = counted_gaps(asked_in((0.0, 10.0), (16.0, 60.0)), GATES)
    assert [(one.begin, one.end, one.quiet) for one in found] == [(10.0, 16.0, False)]


def test_what_nobody_counted_is_no_gap_of_those_who_were_counted_before_and_after() -> None:
    busy = [point(number / 2, 10) for number in [*range(1, 21), *range(41, 61)]]
    assert counted_gaps(busy) == ()


def test_a_client_knows_its_own_gaps() -> None:
    every = tuple(number / 10 for number in range(100))
    client = Client("token", 10.0, 0.0, 10.0, tuple(at for at in every if not 3.0 < at < 5.0))
    (gap,) = client_gaps(client)
    assert (round(gap.begin, 1), round(gap.end, 1), gap.who) == (3.0, 5.0, "token")
    assert longest([gap], 6.0, 9.0) is None
    slow = Client("slow", 0.5, 0.0, 10.0, (2.0, 4.0, 6.0, 8.0))
    assert client_gaps(slow) == ()


def test_a_trace_of_a_gate_is_read_with_the_time_of_the_day() -> None:
    head = {"probe": "sql", "rate": 20.0, "started": 100.0, "wall_started": "1970-01-01T00:01:00+00:00"}
    lines = [head, {"end": 100.5, "outcome": "ok", "error": None}, {"end": 101.0, "outcome": "timeout"}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    client = read_client("smoke: sql", text + '{"end":')
    assert client == Client("smoke: sql", 20.0, 60.0, 61.0, (60.5,), (Failure(61.0, "timeout"),))
    assert read_client("x", json.dumps({**head, "wall_started": None}) + "\n") is None
    assert read_client("x", "") is None
