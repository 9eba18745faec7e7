import json
import os
from pathlib import Path

import pytest
from suites_sample import REPOSITORY

from suites.failover.analysis.__main__ import main

FIXTURES = REPOSITORY / "fixtures" / "traces"
PUBLISHED = os.environ.get("STAGEGATE_TRACES", "")


def _runs(capsys: pytest.CaptureFixture[str], *files: Path) -> list[dict[str, object]]:
    assert main([str(file) for file in files]) == 0
    found = json.loads(capsys.readouterr().out)["runs"]
    assert isinstance(found, list)
    return found


def test_an_outage_without_one_error_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = _runs(capsys, FIXTURES / "hangs_without_an_error.json")
    assert run["fault"] == "writer killed"
    assert run["errors"] == 0
    assert run["longest_gap_s"] == pytest.approx(5.2812)
    assert run["baseline_gap_s"] == pytest.approx(0.134)
    assert run["recovered_after_s"] == pytest.approx(5.261)


def test_an_outage_that_does_not_end_lasts_to_the_end_of_the_last_call(
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = FIXTURES / "never_back.json"
    (run,) = _runs(capsys, file)
    calls = json.loads(file.read_text())["runs"][0]["calls"]
    last_success = max(start + took for start, took, well in calls if well)
    assert run["longest_gap_s"] == pytest.approx(max(start + took for start, took, _ in calls) - last_success)
    assert run["recovered_after_s"] is None
    assert run["errors"] == 30


def test_a_fault_that_nobody_notices_costs_no_more_than_the_baseline(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (run,) = _runs(capsys, FIXTURES / "not_noticed.json")
    assert run["longest_gap_s"] == pytest.approx(0.1767)
    assert run["unavailable_s"] == 0
    assert run["recovered_after_s"] == 0


def test_every_run_of_every_file_is_measured_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    files = FIXTURES / "refused_then_back.json", FIXTURES / "not_noticed.json"
    runs = _runs(capsys, *files)
    assert [(run["file"], run["fault_at_s"]) for run in runs] == [
        ("refused_then_back.json", 4.0),
        ("refused_then_back.json", 4.25),
        ("not_noticed.json", 4.0),
    ]
    assert [run["errors"] for run in runs] == [28, 35, 0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not JSON"),
        ('{"runs": [{"fault_at_s": 1.0, "calls": []}]}', "runs.0.calls"),
        ('{"runs": [{"fault_at_s": 1.0, "calls": [[0, -1, 1]]}]}', "runs.0.calls.0.1"),
        ('{"runs": [{"fault_at_s": NaN, "calls": [[0, 1, 1]]}]}', "runs.0.fault_at_s"),
        ('{"columns": ["ok", "started_s", "duration_s"], "runs": []}', "columns.0"),
    ],
)
def test_a_file_of_another_shape_is_named_and_nothing_is_printed(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "trace.json"
    file.write_text(text)
    assert main([str(FIXTURES / "not_noticed.json"), str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert str(file) in err
    assert told in err


def test_a_file_that_is_not_there_is_named_and_without_a_file_the_usage_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["nowhere.json"]) == 2
    assert "nowhere.json: the trace can't be read: No such file" in capsys.readouterr().err
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("usage: python -m suites.failover.analysis FILE")


@pytest.mark.skipif(not PUBLISHED, reason="STAGEGATE_TRACES names no folder of published traces")
def test_published_runs_are_measured_as_a_walk_along_the_clock_measures_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = sorted(Path(PUBLISHED).glob("*.json"))
    runs = [run for file in files for run in json.loads(file.read_text())["runs"]]
    measured = _runs(capsys, *files)
    assert len(measured) == len(runs) > 0
    for found, run in zip(measured, runs, strict=True):
        gap, baseline = _walked(run["calls"], run["fault_at_s"])
        assert found["longest_gap_s"] == pytest.approx(gap, abs=1e-4)
        assert found["baseline_gap_s"] == pytest.approx(baseline, abs=1e-4)
        assert found["errors"] == sum(not well for _, _, well in run["calls"])


@pytest.mark.skipif(not PUBLISHED, reason="STAGEGATE_TRACES names no folder of published traces")
def test_published_runs_without_an_error_hide_outages_of_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    file = Path(PUBLISHED) / "create_and_list_networks_with_kill_mysql_service_on_one_node.json"
    runs = _runs(capsys, file)
    assert [run["errors"] for run in runs] == [0, 0, 0]
    assert [run["longest_gap_s"] for run in runs] == pytest.approx([6.6955, 5.1187, 6.1679])


def _walked(calls: list[tuple[float, float, int]], fault: float) -> tuple[float, float]:
    """The longest gaps from the last success before the fault on, and before it, found by walking."""
    last, longest = None, {True: 0.0, False: 0.0}
    for at, well in sorted((start + took, well) for start, took, well in calls):
        if not well:
            continue
        if last is not None:
            longest[at <= fault] = max(longest[at <= fault], at - last)
        last = at
    end = max(start + took for start, took, _ in calls)
    return max(longest[False], end - (last or 0.0)), longest[True]
