"""`promote show --against` by rank test: what a release measures beside the one that was verified before."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from desk import Desk, green

GATE = ("gate", "smoke", "--stage", "dev")


def leave(desk: Desk, attempt: str, gap: float, waits: Sequence[float] = ()) -> None:
    """What a gate of the attempt would have left: what a fault cost, and how long a client waited."""
    folder = desk.bench.site / "runs" / attempt / "smoke-1"
    trace = folder / "traces" / "galera_writer_killed" / "token-new.jsonl"
    trace.parent.mkdir(parents=True)
    requests = [{"start": float(n), "end": n + wait, "outcome": "ok"} for n, wait in enumerate(waits)]
    lost = {"start": 99.0, "end": 100.0, "outcome": "error"}
    lines = [{"probe": "token-new", "started": 0.0}, *requests, lost, {"end": 1.0, "outcome": "ok"}]
    trace.write_text("".join(f"{json.dumps(line)}\n" for line in lines) + '{"torn')
    cost = {
        "fault": "writer_killed",
        "target": "database-1",
        "proof": "it died",
        "budget_s": 4.44,
        "longest_gap_s": gap,
        "recovered_after_s": None,
        "verdict": "passed",
        "errors": 1,
        "lost": 0,
        "acknowledged": 9,
    }
    (folder / "report.json").write_text(json.dumps({"checks": [{"faults": [cost]}]}))


@pytest.fixture
def two_releases(desk: Desk, tmp_path: Path) -> Desk:
    """Of the first release p1 and p2 to p5 have measured, of the second p6 and p7 to p10."""
    desk.bench.site = tmp_path
    desk(*green(desk))
    for _ in range(4):
        assert desk(*GATE) == 0
    desk.bench.commit("second", a="2")
    assert desk("--stage", "dev") == 0
    for _ in range(4):
        assert desk(*GATE) == 0
    for number in range(1, 6):
        leave(desk, f"p{number}", 1 + number / 10, [0.02 + number / 1000] * 4)
        leave(desk, f"p{number + 5}", 3 + number / 10, [0.021 + number / 1000] * 4)
    return desk


def test_all_of_two_releases_is_compared_and_what_got_worse_is_said(two_releases: Desk) -> None:
    desk = two_releases
    assert desk("show", "p6", "--against", "p1") == 0
    assert "by rank test, r2 (p6, p7, p8, p9, p10) against r1 (p1, p2, p3, p4, p5)" in desk.out
    sentence = (
        "writer_killed: longest gap got worse by 2.00s (+154%), 98.4% sure, by 5 values before and 5 now"
    )
    assert sentence in desk.out.splitlines()


def test_without_an_attempt_it_is_the_last_other_release_verified_before(two_releases: Desk) -> None:
    desk = two_releases
    found = desk.document("show", "p6", "--against")
    assert (found["attempt"], found["against"]) == ("p6", "p1")
    assert found["measured_by"]["before"] == ["p1", "p2", "p3", "p4", "p5"]
    changes = {one["name"]: (one["change"], one["before"], one["now"]) for one in found["measures"]}
    assert changes == {
        "writer_killed: longest gap": ("worse", 5, 5),
        # Each second a value; a millisecond more is none that anybody would notice.
        "smoke: token-new is answered": ("the same", 20, 20),
    }


def test_before_the_first_release_there_is_none(two_releases: Desk) -> None:
    assert two_releases("show", "p1", "--against") == 2
    assert "no other release was verified in dev before p1" in two_releases.err
    assert "next: promote history --stage dev" in two_releases.err


def test_two_attempts_of_one_release_are_compared_alone(two_releases: Desk) -> None:
    found = two_releases.document("show", "p7", "--against", "p6")
    assert found["measured_by"] == {"before": ["p6"], "now": ["p7"]}
    gap = next(one for one in found["measures"] if one["name"] == "writer_killed: longest gap")
    assert gap["change"] == "too few to say"


@pytest.mark.parametrize("text", ["{}\n{\n", "{}\n7\n", '{}\n{"outcome": "ok", "start": null, "end": 1}\n'])
def test_a_damaged_trace_is_named_and_the_rest_compared(two_releases: Desk, text: str) -> None:
    trace = two_releases.bench.site / "runs/p8/smoke-1/traces/galera_writer_killed/token-new.jsonl"
    trace.write_text(text)
    found = two_releases.document("show", "p6", "--against", "p1")
    assert {one["name"]: (one["before"], one["now"]) for one in found["measures"]} == {
        "writer_killed: longest gap": (5, 5),
        "smoke: token-new is answered": (20, 16),
    }
    assert two_releases("show", "p6", "--against", "p1") == 0
    (told,) = [line for line in two_releases.err.splitlines() if "can't be read" in line]
    assert told.startswith(f"a client's trace can't be read; where: {trace}")
    assert "by rank test" in two_releases.out
