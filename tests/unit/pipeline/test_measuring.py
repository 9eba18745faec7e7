"""While the legs of a plan go on, traffic is measured; and the run is drawn when it is over."""

import errno
import json
import threading
import time
from pathlib import Path

import pytest
from desk import Desk, green
from legs_ways import LEGS, legged, legged_irreversible

from pipeline.core.errors import ChildCrashed, ChildRefused, StagegateError, UsageProblem
from pipeline.core.events import Record, StepSucceeded
from pipeline.core.traffic import Point, Row
from pipeline.engine.measuring import AGAIN_S, TOLD, measuring
from pipeline.testing.deployer import Recipe
from pipeline.testing.traffic import FakeTraffic

POINT = Point(1_000_000.5, 0.5, "lb-1", (Row("identity", "blue", {"2xx": 4}, 12.0, 2),))
WITHIN_S = 20.0


@pytest.fixture
def desk(desk: Desk, tmp_path: Path) -> Desk:
    desk.bench.site = tmp_path
    desk.bench.traffic = FakeTraffic([POINT])
    return desk


def waiting_for(desk: Desk, what: threading.Event, attempt: str | None = None) -> None:
    """Let the first step, of this attempt, last until the measuring thread has come so far."""
    desk.bench.quiet.records = _Waiting(desk, what, attempt)


def with_legs(desk: Desk) -> None:
    release = desk.bench.commit("one leg")
    desk.bench.world.recipes[release] = Recipe({"c": "1"}, legs=LEGS[1:])


class _Waiting(list):  # type: ignore[type-arg] # of records
    """The events that were recorded; each step that ends waits."""

    def __init__(self, desk: Desk, what: threading.Event, attempt: str | None) -> None:
        before = desk.bench.quiet.records
        super().__init__(before)
        self.waits = {**(before.waits if isinstance(before, _Waiting) else {}), attempt: what}

    def append(self, record: Record) -> None:
        super().append(record)
        if isinstance(record.event, StepSucceeded):
            what = self.waits.get(record.event.attempt, self.waits.get(None))
            assert what is None or what.wait(WITHIN_S)


def traffic(desk: Desk) -> FakeTraffic:
    assert desk.bench.traffic is not None
    return desk.bench.traffic


def test_what_is_answered_from_the_first_leg_on_is_evidence_of_the_attempt(desk: Desk) -> None:
    called = threading.Event()
    traffic(desk).on_end = called.set
    waiting_for(desk, called)
    assert desk(*legged(desk)) == 0
    first = traffic(desk).asked[0]
    assert (first.stage, first.attempt, dict(first.since)) == ("dev", "p1", {})
    assert traffic(desk).points_kept["p1"][0] == POINT


def test_a_plan_without_legs_is_not_measured_and_its_picture_says_so(desk: Desk) -> None:
    assert desk(*green(desk)) == 0
    assert traffic(desk).asked == []
    page = (desk.bench.site / "runs" / "p1" / "report.html").read_text()
    assert "Nobody counted what was answered" in page


@pytest.mark.parametrize("error", [ChildRefused("there is no verb 'traffic'"), ChildCrashed("it broke")])
def test_a_release_that_does_not_tell_changes_nothing_of_the_run(desk: Desk, error: ChildRefused) -> None:
    traffic(desk).error = error
    assert desk(*legged(desk)) == 0
    page = (desk.bench.site / "runs" / "p1" / "report.html").read_text()
    assert "Nobody counted what was answered" in page


@pytest.mark.parametrize("error", [ChildRefused("a host is busy"), ChildCrashed("it broke")])
def test_a_call_that_is_refused_loses_its_own_points_and_no_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: StagegateError
) -> None:
    monkeypatch.setattr("pipeline.engine.measuring.AGAIN_S", 0.01)
    called = threading.Event()
    traffic(desk).errors = [error] * 3
    traffic(desk).on_end = called.set
    waiting_for(desk, called)
    assert desk(*legged(desk)) == 0
    assert traffic(desk).points_kept["p1"][0] == POINT
    assert sum(f"traffic is not measured: {error.what}" in line for line in desk.bench.quiet.messages) == 1


def test_another_attempt_of_the_run_is_asked_at_once_however_long_the_last_was_refused(desk: Desk) -> None:
    with_legs(desk)
    assert desk("--stage", "dev") == 0
    desk.bench.answers["smoke in leg cut-over"] = "failed"
    called, refused = threading.Event(), threading.Event()
    traffic(desk).points_kept.clear()
    traffic(desk).errors = [ChildRefused("there is no verb 'traffic'")]
    traffic(desk).on_end = called.set
    traffic(desk).on_error = refused.set
    waiting_for(desk, refused, "p2")
    waiting_for(desk, called, "p3")
    began = time.monotonic()
    desk(*legged(desk))
    assert time.monotonic() - began < AGAIN_S
    assert "p2" not in traffic(desk).points_kept
    assert traffic(desk).points_kept["p3"]


def test_what_goes_wrong_in_ever_other_ways_is_told_so_often_and_no_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.engine.measuring.AGAIN_S", 0.0)
    called = threading.Event()
    traffic(desk).errors = [ChildRefused(f"refused {number}") for number in range(2 * TOLD)]
    traffic(desk).on_end = called.set
    waiting_for(desk, called)
    assert desk(*legged(desk)) == 0
    told = [line for line in desk.bench.quiet.messages if "traffic" in line]
    assert len(told) == TOLD + 1
    assert "promote watch" in told[-1]


def test_the_picture_has_every_attempt_of_the_run_with_the_rollback(desk: Desk) -> None:
    desk(*green(desk))
    desk.bench.answers["smoke in leg cut-over"] = "failed"
    assert desk(*legged(desk)) == 3
    page = (desk.bench.site / "runs" / "p2" / "report.html").read_text()
    assert "p2 (promote" in page
    assert "p3 (rollback" in page
    assert ">p2 cut-over</a>" in page
    assert "did not pass" in page
    desk("show", "p3")
    assert f"picture of the run: {desk.bench.site}/runs/p2/report.html" in desk.out


def test_the_picture_is_drawn_without_a_damaged_trace_which_is_named(desk: Desk) -> None:
    (desk.bench.site / "runs" / "p1" / "clients").mkdir(parents=True)
    (desk.bench.site / "runs" / "p1" / "clients" / "broken.jsonl").write_text("what\n")
    assert desk(*legged(desk)) == 0
    (told,) = [line for line in desk.bench.quiet.messages if "broken.jsonl" in line]
    assert told.startswith("a client's trace can't be read")
    assert (desk.bench.site / "runs" / "p1" / "report.html").exists()


def test_a_picture_that_can_not_be_drawn_is_reported_as_that(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise UsageProblem("it is damaged")

    monkeypatch.setattr("pipeline.cli.run_report.write_report", refused)
    assert desk(*legged(desk)) == 0
    assert "the run is not drawn: it is damaged" in desk.bench.quiet.messages


def test_the_picture_says_how_many_points_are_missing(desk: Desk) -> None:
    traffic(desk).torn = 2
    assert desk(*legged(desk)) == 0
    page = (desk.bench.site / "runs" / "p1" / "report.html").read_text()
    assert "Missing: 2 points of what was counted" in page


def test_clients_that_put_their_traces_beside_the_run_are_in_its_picture(desk: Desk) -> None:
    head = {"probe": "token-new", "rate": 10.0, "started": 5.0, "wall_started": "1970-01-12T13:46:40+00:00"}
    lost = {"end": 5.2, "outcome": "error", "error": "HTTP <503>"}
    folder = desk.bench.site / "runs" / "p1" / "clients"
    folder.mkdir(parents=True)
    (folder / "token-new.jsonl").write_text("".join(json.dumps(one) + "\n" for one in (head, lost)))
    assert desk(*legged(desk)) == 0
    page = (desk.bench.site / "runs" / "p1" / "report.html").read_text()
    assert "clients: token-new" in page
    assert "error: HTTP &lt;503&gt;" in page


def test_a_run_that_is_interrupted_between_legs_is_drawn_as_far_as_it_came(desk: Desk) -> None:
    desk.interrupted(*legged(desk), after=5)
    page = (desk.bench.site / "runs" / "p1" / "report.html").read_text()
    assert "goes on" in page


def test_nothing_is_wrapped_where_nobody_counts(desk: Desk) -> None:
    desk.bench.traffic = None
    shop = desk.bench.shop()
    with measuring(shop, lambda _attempt: None) as same:
        assert same is shop


def test_what_a_leg_can_not_undo_is_no_other_run(desk: Desk) -> None:
    desk(*legged_irreversible(desk))
    assert (desk.bench.site / "runs" / "p2" / "report.html").exists()
    assert not (desk.bench.site / "runs" / "p3").exists()


def test_a_plan_with_one_leg_is_measured_as_well(desk: Desk) -> None:
    called = threading.Event()
    traffic(desk).on_end = called.set
    waiting_for(desk, called)
    with_legs(desk)
    assert desk("--stage", "dev") == 0
    assert traffic(desk).points_kept["p1"]


def test_a_point_that_can_not_be_kept_is_told_once_and_measuring_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = threading.Event()
    traffic(desk).on_end = lambda: twice.set() if len(traffic(desk).asked) > 1 else None
    waiting_for(desk, twice)
    monkeypatch.setattr(FakeTraffic, "keep", _full)
    assert desk(*legged(desk)) == 0
    assert twice.is_set()
    assert sum("is incomplete: [Errno 28] disk full" in line for line in desk.bench.quiet.messages) == 1


def _full(_self: FakeTraffic, _attempt: str, _point: Point) -> bool:
    raise OSError(errno.ENOSPC, "disk full")


def test_nothing_is_drawn_before_the_rollback_is_over_and_then_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk(*green(desk))
    desk.bench.answers["smoke in leg cut-over"] = "failed"
    drawn: list[tuple[str, str | None]] = []
    monkeypatch.setattr(
        "pipeline.cli.run_report.write_report",
        lambda shop, attempt: drawn.append((attempt, str(shop.history().attempts["p3"].outcome))),
    )
    assert desk(*legged(desk)) == 3
    assert drawn == [("p3", str(desk.bench.shop().history().attempts["p3"].outcome))]
    assert drawn[0][1] != "None"
