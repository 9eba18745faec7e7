"""`promote watch --stage S`: the run, and what each plane answers meanwhile."""

import io
import json
import threading
from dataclasses import replace

import pytest
from desk import Desk
from rich.console import Console
from traffic_ways import POINTS, WATCH, counted, counted_in_a_run, nobody_counts

from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.traffic_drawing import picture
from pipeline.cli.traffic_shown import Now, Seen, traffic_data, traffic_lines
from pipeline.cli.view import View
from pipeline.cli.watch_traffic import following
from pipeline.core.errors import ChildRefused
from pipeline.core.moments import written

AT = POINTS[0].at


def test_each_plane_has_what_it_answers_a_second_and_its_part() -> None:
    assert list(traffic_lines(Now(POINTS), AT)) == [
        "blue: 28.2 requests/s (93 %), 0.2 errors/s, 24 ms, 2 retries",
        "green: 2.0 requests/s (7 %), 0.0 errors/s, 24 ms",
    ]


def test_figures_that_are_not_of_now_say_how_old_they_are() -> None:
    assert list(traffic_lines(Now(POINTS), AT + 7.9))[-1] == (
        "these figures are 8 s old: no load balancer has told anything since"
    )
    late = (*POINTS, replace(POINTS[0], at=AT + 8))
    assert list(traffic_lines(Now(late), AT + 8))[2:] == [
        "lb-2 counted last 8 s ago: what it answers is missing here"
    ]
    data = traffic_data(Now(late), AT + 8.5)
    assert (data["age_s"], data["late"]) == (0.5, [{"source": "lb-2", "age_s": 8.5}])
    assert (traffic_data(Now(), AT)["age_s"], list(traffic_lines(Now(), AT))) == (None, [])


def test_each_service_is_told_with_the_servers_that_get_requests() -> None:
    told = {(one["service"], one["plane"]): one["up"] for one in traffic_data(Now(POINTS), AT)["services"]}
    assert told == {("identity", "blue"): 2, ("identity", "green"): 1, ("image", "blue"): 2}


def test_in_a_pipe_there_is_a_line_for_what_goes_on_and_one_for_each_plane(desk: Desk) -> None:
    assert desk(*counted(desk)) == 0
    at = written(desk.bench.clock.time)
    assert desk.out.splitlines()[:3] == [
        f"{at} dev: nothing is under way",
        f"{at} dev: blue: 28.2 requests/s (93 %), 0.2 errors/s, 24 ms, 2 retries",
        f"{at} dev: green: 2.0 requests/s (7 %), 0.0 errors/s, 24 ms",
    ]


def test_what_stays_as_it_is_is_told_once_and_figures_every_five_seconds(desk: Desk) -> None:
    assert desk(*counted_in_a_run(desk)[:-1], "11") == 0
    lines = desk.out.splitlines()
    assert sum("before leg 2 of 2, cut-over" in line for line in lines) == 1
    assert sum("blue: 28.2 requests/s" in line for line in lines) == 3


def test_each_document_is_one_line(desk: Desk) -> None:
    assert desk("-o", "json", *counted_in_a_run(desk)[:-1], "2") == 0
    documents = [json.loads(line) for line in desk.out.splitlines()]
    assert len(documents) == 3
    assert {(one["stage"], one["attempt"], one["leg"]) for one in documents} == {("dev", "p1", "build")}
    assert [one["plane"] for one in documents[0]["planes"]] == ["blue", "green"]


def test_where_nobody_counts_that_is_said_and_the_run_is_shown_all_the_same(desk: Desk) -> None:
    assert desk(*nobody_counts(desk)) == 0
    assert "nobody tells what is answered: nothing here counts what is answered" in desk.out
    counted(desk)
    assert desk.bench.traffic is not None
    desk.bench.traffic.error = ChildRefused("there is no verb 'traffic'", why="this code has check, plan")
    assert desk(*WATCH) == 0
    assert "there is no verb 'traffic'" in desk.out


def test_one_that_was_last_heard_of_long_ago_is_known_without_its_figures(desk: Desk) -> None:
    counted(desk)
    traffic, told = desk.bench.traffic, threading.Event()
    assert traffic is not None
    lost, (_, late), long_ago = "lb-4", POINTS, replace(POINTS[0], at=AT - 70, source="lb-5")
    traffic.points = (long_ago, replace(POINTS[0], at=AT - 20, source=lost), late)
    traffic.on_end = told.set
    with following(desk.bench.shop(), "dev") as follower:
        assert told.wait(20.0)
        now = follower.now()
    assert set(now.ages(AT)) == {lost}
    assert [plane["plane"] for plane in traffic_data(now, AT)["planes"]] == ["blue"]


def test_after_a_refusal_it_asks_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.cli.watch_traffic._REFUSED_AGAIN_S", 0.01)
    counted(desk)
    traffic, told = desk.bench.traffic, threading.Event()
    assert traffic is not None
    traffic.errors, traffic.on_end = [ChildRefused("a host is busy")], told.set
    with following(desk.bench.shop(), "dev"):
        assert told.wait(20.0)


def test_a_stage_that_nobody_knows_is_refused(desk: Desk) -> None:
    counted(desk)
    assert desk("watch", "--stage", "moon") == ExitCode.USAGE
    assert "no stage 'moon'" in desk.err


def test_a_terminal_has_a_row_for_each_plane_and_service_with_its_part_as_a_bar() -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(picture(Seen("dev", AT, View(), None, Now(POINTS, {"lb-3": "no answer"})), 40))
    lines = [" ".join(line.split()) for line in console.export_text().splitlines()]
    assert f"blue 28.2 93 % {'█' * 19}░ 0.2 24 ms 2 retries" in lines
    assert f"green 2.0 7 % █{'░' * 19} 0.0 24 ms" in lines
    assert "identity green 2.0 10 % 0.0 24 ms 1" in lines
    assert "lb-3 tells nothing: no answer" in lines
