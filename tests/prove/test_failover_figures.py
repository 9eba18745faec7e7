"""What faults cost over many runs, and how often the gate is red for no reason; into docs/performance.md."""

import json
import statistics
from pathlib import Path
from typing import Any

import pytest
from checkout import REPOSITORY, Checkout
from competitor import one_core_busy
from page import table, write_chapter

from pipeline.cli.faults import faults_in
from pipeline.core.codec import plain
from stages.config import read

pytestmark = [pytest.mark.prove, pytest.mark.timeout(3600)]

STAGE = "staging"
TIMES = 20
CLEAN_RUNS = 20
LONGEST_S = 4 * 3600.0
MARGIN = 1.25  # of the arithmetic of the timers

Fault = dict[str, Any]


def repeated(checkout: Checkout, times: int, *choice: str) -> tuple[list[Fault], int]:
    """Run the gate so often, and return every fault of every run, and the exit code."""
    process = checkout.start(
        "gate", "failover", "--stage", STAGE, *choice, "--repeat", str(times), "-o", "json"
    )
    out, err = process.communicate()
    assert out, err
    document = json.loads(out)
    faults: list[Fault] = document["faults"]
    return faults, document["exit_code"]


@pytest.mark.parametrize(
    ("component", "fault", "title"),
    [
        ("keepalived", "holder_lost", "The holder of the VIP is lost"),
        ("galera", "writer_killed", "The Galera writer is killed"),
    ],
)
def test_a_fault_many_times(standing: Checkout, component: str, fault: str, title: str) -> None:
    taken, code = repeated(standing, TIMES, "--component", component, "--fault", fault)
    faults = final(taken)
    timers = float(standing.target(STAGE)["budgets"][component][fault]["arithmetic_s"])
    gaps = sorted(one["longest_gap_s"] for one in faults if one["longest_gap_s"] is not None)
    lost, acknowledged = (sum(one[part] for one in faults) for part in ("lost", "acknowledged"))
    passed = sum(one["verdict"] == "passed" for one in faults)
    rows = [
        ("runs (passed)", f"{len(faults)} ({passed})"),
        ("measured again", f"{len(taken) - len(faults)}"),
        ("longest gap: least, median, most", " / ".join(f"{gap:.2f} s" for gap in spread(gaps))),
        ("arithmetic of the timers", f"{timers:.2f} s"),
        ("most, as a part of the arithmetic", f"{gaps[-1] / timers:.2f}"),
        ("recovered: median, most", recovered(faults)),
        ("acknowledged writes lost", f"{lost} of {acknowledged}"),
    ]
    every = "All gaps, in order: " + ", ".join(f"{gap:.2f}" for gap in gaps) + ".\n"
    write_chapter(f"{title}, {TIMES} times", table(("what", "figure"), rows), every)
    assert (len(faults), passed, code, lost) == (TIMES, TIMES, 0, 0)
    assert gaps[-1] <= MARGIN * timers


@pytest.mark.timeout(LONGEST_S)
def test_the_gate_many_times_on_a_busy_machine(standing: Checkout) -> None:
    codes: list[int] = []
    faults: list[Fault] = []
    with one_core_busy(LONGEST_S):
        for _ in range(CLEAN_RUNS):
            done = standing.promote("gate", "failover", "--stage", STAGE, "-o", "json")
            assert done.out, done.err
            (attempt,) = done.document["attempts"]
            codes.append(done.code)
            faults += [plain(fault) for fault in faults_in(Path(attempt["gates"][0]["evidence"]))]
            tell(codes, faults)  # after each run: hours of measuring are not lost to the last one
    judged = final(faults)
    assert {name: len(of) for name, of in by_name(judged).items()} == dict.fromkeys(wanted(), CLEAN_RUNS)
    assert [one for one in judged if one["verdict"] != "passed"] == []
    assert codes == [0] * CLEAN_RUNS


def tell(codes: list[int], taken: list[Fault]) -> None:
    faults = final(taken)
    runs = by_name(faults)
    red = sum(one["verdict"] != "passed" for one in faults)
    rows = [
        (
            name,
            f"{sum(one['verdict'] == 'passed' for one in of)} of {len(of)}",
            *(f"{gap:.2f}" for gap in spread([one["longest_gap_s"] or float("inf") for one in of])),
            f"{max(one['budget_s'] or 0.0 for one in of):.2f}",
            f"{sum(one['lost'] for one in of)} of {sum(one['acknowledged'] for one in of)}",
        )
        for name, of in runs.items()
    ]
    write_chapter(
        f"The failover gate, {CLEAN_RUNS} times on a sound stage, one core kept busy by something else",
        f"Runs in a row: {len(codes)}, of which green: {codes.count(0)}. "
        f"False reds: {red} of {len(faults)} checks. Measured again: {len(taken) - len(faults)}.\n",
        table(("fault", "passed", "least gap (s)", "median", "most", "budget", "lost writes"), rows),
    )


def final(faults: list[Fault]) -> list[Fault]:
    """Without those that could not be measured, and were made once more."""
    return [one for one in faults if not one["retaken"]]


def wanted() -> list[str]:
    checks = read(REPOSITORY / "config").gates["failover"].once
    return [f"{component}_{check}" for component, names in checks.items() for check in names]


def by_name(faults: list[Fault]) -> dict[str, list[Fault]]:
    names = sorted({one["name"] for one in faults})
    return {name: [one for one in faults if one["name"] == name] for name in names}


def spread(gaps: list[float]) -> tuple[float, float, float]:
    return min(gaps), statistics.median(gaps), max(gaps)


def recovered(faults: list[Fault]) -> str:
    times = [one["recovered_after_s"] for one in faults if one["recovered_after_s"] is not None]
    return f"{statistics.median(times):.2f} s / {max(times):.2f} s" if times else "never"
