"""`promote watch --stage S`: the run, and what each plane answers meanwhile."""

import io
import json
import threading

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


def test_each_plane_has_what_it_answers_a_second_and_its_part() -> None:
    assert list(traffic_lines(Now(POINTS))) == [
        "blue: 28.2 requests/s (93 %), 0.2 errors/s, 24 ms, 2 retries",
        "green: 2.0 requests/s (7 %), 0.0 errors/s, 24 ms",
    ]


def test_each_service_is_told_with_the_servers_that_get_requests() -> None:
    told = {(one["service"], one["plane"]): one["up"] for one in traffic_data(Now(POINTS))["services"]}
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
    console.print(picture(Seen("dev", 0.0, View(), None, Now(POINTS, {"lb-3": "no answer"})), 40))
    lines = [" ".join(line.split()) for line in console.export_text().splitlines()]
    assert f"blue 28.2 93 % {'█' * 19}░ 0.2 24 ms 2 retries" in lines
    assert f"green 2.0 7 % █{'░' * 19} 0.0 24 ms" in lines
    assert "identity green 2.0 10 % 0.0 24 ms 1" in lines
    assert "lb-3 tells nothing: no answer" in lines
