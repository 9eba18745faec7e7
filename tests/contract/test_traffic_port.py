"""What every Traffic promises: the fake that other tests stand on, and the real one on a child process."""

import errno
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from release_programs import CONTEXT, STEP, Release, answer

from pipeline.adapters.traffic_process import TrafficProcess
from pipeline.core.errors import ChildCrashed, ChildRefused
from pipeline.core.traffic import Kept, Point, Row, TrafficAsked, point_line
from pipeline.testing.traffic import FakeTraffic
from pipeline.tool_ports import Traffic

ASKED = TrafficAsked("staging", "abc", 5.0, "p7", {"lb-1": {"clock": 1.0}})
POINTS = (
    Point(9.5, 0.5, "lb-1", (Row("identity", "blue", {"2xx": 4, "5xx": 1}, 12.5, 2),)),
    Point(10.0, 0.5, "lb-1"),
)
TOLD = "".join(f'print(\'{{"event": "point", \' + {point_line(point).strip()[1:]!r})\n' for point in POINTS)

Make = Callable[[str], Traffic]


@pytest.fixture(params=["fake", "process"])
def traffic(request: pytest.FixtureRequest, release: Release, tmp_path: Path) -> Traffic:
    if request.param == "fake":
        return FakeTraffic(POINTS, {"lb-2": "no answer"}, limit=2)
    since = {"lb-1": {"clock": 10.0}}
    stages = release.stages(TOLD + answer(ok=True, since=since, silent={"lb-2": "no answer"}))
    limit = len("".join(map(point_line, POINTS)))
    return TrafficProcess(tmp_path / "site", stages, limit)


def test_each_point_is_told_and_where_the_next_call_goes_on(traffic: Traffic) -> None:
    taken: list[Point] = []
    seen = traffic.follow(ASKED, taken.append)
    assert tuple(taken) == POINTS
    assert set(seen.since) == {"lb-1"}
    assert seen.silent == {"lb-2": "no answer"}


def test_points_of_an_attempt_are_kept_in_order_of_time_until_there_are_too_many(traffic: Traffic) -> None:
    assert [traffic.keep("p7", point) for point in reversed(POINTS)] == [True, True]
    assert not traffic.keep("p7", POINTS[0])
    assert traffic.kept("p7") == Kept(POINTS)
    assert traffic.kept("p8") == Kept()


def test_a_release_from_before_refuses_and_a_point_that_is_none_is_a_crash(
    release: Release, tmp_path: Path
) -> None:
    refusing = answer(ok=False, error={"what": "there is no verb 'traffic'"})
    with pytest.raises(ChildRefused, match="there is no verb"):
        TrafficProcess(tmp_path, release.stages(refusing)).follow(ASKED, [].append)
    broken = "print(json.dumps({'event': 'point', 'at': 'noon'}))\n" + answer(ok=True, since={}, silent={})
    with pytest.raises(ChildCrashed, match="`python -m stages traffic` of the release told "):
        TrafficProcess(tmp_path, release.stages(broken)).follow(ASKED, [].append)


def test_a_line_that_a_killed_engine_left_is_counted_and_costs_no_other(
    release: Release, tmp_path: Path
) -> None:
    traffic = TrafficProcess(tmp_path, release.stages(""))
    traffic.keep("p7", POINTS[0])
    path = tmp_path / "runs" / "p7" / "traffic.jsonl"
    with path.open("a") as file:
        file.write('{"at": 11')
    assert traffic.kept("p7") == Kept(POINTS[:1], torn=1)
    assert traffic.keep("p7", POINTS[1])
    assert traffic.kept("p7") == Kept(POINTS, torn=1)
    with path.open("ab") as file:
        file.write(b"\xff\x00\n[]\n")
    assert traffic.kept("p7") == Kept(POINTS, torn=3)


# Takes calls side by side, as the real one does: a step lasts until there is the file that its id names.
PERFORMS_AND_TELLS = """
import json, pathlib, sys, threading, time
print(json.dumps({"event": "serving", "protocol": 1}), flush=True)
def work(request):
    def say(**line):
        print(json.dumps({"id": request["id"], **line}), flush=True)
    if request["verb"] == "traffic":
        say(event="point", at=POINT_AT, seconds=0.5, source="lb-1", rows=[])
        say(event="point", at=10.0, seconds=0.5, source="lb-1", rows=[])
        return say(event="result", protocol=1, ok=True, since={}, silent={})
    say(event="progress", message="begun")
    while not pathlib.Path(request["step"]["id"]).exists():
        time.sleep(0.02)
    say(event="result", protocol=1, ok=True, receipt={})
for line in sys.stdin:
    threading.Thread(target=work, args=[json.loads(line)], daemon=True).start()
"""


def full(_point: Point) -> None:
    raise OSError(errno.ENOSPC, "no space left")


@pytest.mark.parametrize("release", [True], ids=["serving"], indirect=True)
@pytest.mark.parametrize(
    ("at", "take", "problem"), [("9.5", full, OSError), ("'noon'", [].append, ChildCrashed)]
)
def test_a_point_that_is_none_or_can_not_be_kept_does_not_end_the_child_that_performs_a_step(
    release: Release, tmp_path: Path, at: str, take: Callable[[Point], None], problem: type[Exception]
) -> None:
    stages = release.stages("")
    release.program("stages", PERFORMS_AND_TELLS.replace("POINT_AT", at))
    begun, go_on = threading.Event(), tmp_path / "go on"
    release.told.on_progress = begun.set
    with ThreadPoolExecutor(1) as pool:
        step = pool.submit(stages.perform, CONTEXT, type(STEP)(str(go_on), "host", None, "lasts"))
        assert begun.wait(20)
        with pytest.raises(problem):
            TrafficProcess(tmp_path / "site", stages).follow(ASKED, take)
        go_on.touch()
        assert step.result(20).receipt == {}
