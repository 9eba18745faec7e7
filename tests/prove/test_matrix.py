"""Every fault that there is, on one standing stage: the matrix of components and kinds of faults."""

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from checkout import Checkout
from matrix_page import Measured, sections
from page import write_chapter

from suites.matrix.cells import faults

LONGEST_S = 45 * 60
pytestmark = [pytest.mark.prove, pytest.mark.timeout(2 * LONGEST_S)]

STAGE = "staging"
GATES = ("failover", "matrix")


def test_every_fault_once(standing: Checkout) -> None:
    began = time.monotonic()
    codes: dict[str, int] = {}
    measured: dict[tuple[str, str], Mapping[str, Any]] = {}
    for gate in GATES:
        process = standing.start("gate", gate, "--stage", STAGE, "-o", "json")
        out, err = process.communicate()
        assert out, err
        document = json.loads(out)
        codes[gate] = document["exit_code"]
        measured |= by_fault(document["faults"])
        tell(measured, codes, time.monotonic() - began)  # what was measured is not lost to the next gate
    assert sorted(measured) == sorted(faults())
    assert {fault: seen["verdict"] for fault, seen in measured.items() if seen["verdict"] != "passed"} == {}
    assert codes == dict.fromkeys(GATES, 0)
    assert time.monotonic() - began <= LONGEST_S


def by_fault(taken: list[dict[str, Any]]) -> Measured:
    """What became of each fault in the end: not of measurements that were taken again."""
    names = {f"{component}_{fault}": (component, fault) for component, fault in faults()}
    return {names[one["name"]]: one for one in taken if not one["retaken"]}


def tell(measured: Measured, codes: Mapping[str, int], took_s: float) -> None:
    lost, acknowledged = (sum(seen[part] for seen in measured.values()) for part in ("lost", "acknowledged"))
    passed = sum(seen["verdict"] == "passed" for seen in measured.values())
    ended = ", ".join(f"{gate} with {code}" for gate, code in codes.items())
    summary = (
        f"{len(measured)} faults in {took_s / 60:.0f} minutes; {passed} passed. The gates ended: {ended}. Of "
        f"{acknowledged} acknowledged rows, messages and keys that had to be kept, {lost} were lost.\n\n"
        "Each figure is the longest time without a success, of its budget. Where nobody can serve until the "
        "undo (`parted_in_three`, `all_killed` of rabbitmq), it includes that time.\n"
    )
    write_chapter("The matrix of faults", summary, *sections(measured))
