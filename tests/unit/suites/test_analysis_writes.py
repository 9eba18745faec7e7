from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suites.failover.analysis.acknowledged import History, WriteFindings, check_writes, history_of
from suites.probes.trace import Request, RequestOutcome

HISTORY = History(frozenset({"a", "b"}), frozenset({"no"}), frozenset({"perhaps"}))
CLEAN = WriteFindings(2, {}, {}, {}, {}, ())


def _write(key: str | None, outcome: RequestOutcome, error: str | None = None) -> Request:
    return Request(0.0, 0.0, 0.1, outcome, error=error, key=key)


@pytest.mark.parametrize(
    ("rows", "findings"),
    [
        pytest.param((["a", "b"], ["b", "a"]), {}, id="every acknowledged row on every node, once"),
        pytest.param((["a", "b"], ["a"]), {"lost": {"database-2": ("b",)}}, id="acknowledged and missing"),
        pytest.param((["a", "b", "a"],), {"duplicated": {"database-1": ("a",)}}, id="there twice"),
        pytest.param((["a", "b", "no"],), {"refused_but_there": {"database-1": ("no",)}}, id="refused"),
        pytest.param((["a", "b", "perhaps"], ["a", "b", "perhaps"]), {}, id="unknown, on all nodes"),
        pytest.param(
            (["a", "b", "perhaps"], ["a", "b"]),
            {"disagreed": {"database-2": ("perhaps",)}},
            id="unknown, on one",
        ),
        pytest.param((["a", "b", "of-yesterday", "of-yesterday"],), {}, id="of an earlier run"),
    ],
)
def test_rows_are_compared_with_what_was_acknowledged(
    rows: tuple[list[str], ...], findings: dict[str, Any]
) -> None:
    seen = check_writes(HISTORY, {f"database-{number}": held for number, held in enumerate(rows, 1)})
    assert seen == replace(CLEAN, **findings)
    assert seen.clean is not bool(findings)
    assert seen.lost_keys == ({"b"} if "lost" in findings else set())


def test_nothing_acknowledged_or_nobody_asked_proves_nothing() -> None:
    nothing = History(frozenset(), frozenset(), frozenset({"perhaps"}))
    assert check_writes(nothing, {"database-1": []}).doubts == (
        "no write was acknowledged: none could be lost",
    )
    assert check_writes(HISTORY, {}).doubts == ("no node was asked for its rows",)


def test_only_a_server_that_said_no_refused_a_write() -> None:
    history = history_of(
        [
            _write("kept", RequestOutcome.OK),
            _write("no", RequestOutcome.ERROR, "1047 WSREP has not yet prepared node"),
            _write("cut", RequestOutcome.ERROR, "lost connection"),
            _write("late", RequestOutcome.TIMEOUT),
            _write(None, RequestOutcome.OK),
        ],
        said_no=lambda request: (request.error or "").startswith("1047"),
    )
    assert history == History(frozenset({"kept"}), frozenset({"no"}), frozenset({"cut", "late"}))


def test_a_key_that_was_told_two_answers_is_an_error_of_the_probe() -> None:
    with pytest.raises(ValueError, match="one answer, not a"):
        History(frozenset("a"), frozenset("a"), frozenset())


keys = st.sampled_from("abcdefgh")


@given(st.dictionaries(keys, st.sampled_from(("yes", "no", "unknown"))), st.lists(st.lists(keys), max_size=3))
def test_findings_are_what_counting_every_key_on_every_node_finds(
    told: dict[str, str], rows: list[list[str]]
) -> None:
    def said(answer: str) -> frozenset[str]:
        return frozenset(key for key, was in told.items() if was == answer)

    found = {f"database-{number}": held for number, held in enumerate(rows, 1)}
    findings = check_writes(History(said("yes"), said("no"), said("unknown")), found)
    expected: dict[str, Counter[tuple[str, str]]] = {"lost": Counter(), "twice": Counter(), "no": Counter()}
    for node, held in found.items():
        for key, was in told.items():
            expected["lost"][node, key] += was == "yes" and key not in held
            expected["twice"][node, key] += held.count(key) > 1
            expected["no"][node, key] += was == "no" and key in held
    for name, by_node in (
        ("lost", findings.lost),
        ("twice", findings.duplicated),
        ("no", findings.refused_but_there),
    ):
        flat = {(node, key) for node, bad in by_node.items() for key in bad}
        assert flat == {place for place, times in expected[name].items() if times}
