from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suites.failover.analysis.acknowledged import History, check_writes, history_of
from suites.probes.trace import Request, RequestOutcome

HISTORY = History(frozenset({"a", "b"}), frozenset({"no"}), frozenset({"perhaps"}))


def _write(key: str | None, outcome: RequestOutcome, error: str | None = None) -> Request:
    return Request(0.0, 0.0, 0.1, outcome, error=error, key=key)


def test_all_acknowledged_rows_on_every_node_once_are_clean() -> None:
    findings = check_writes(HISTORY, {"database-1": ["a", "b"], "database-2": ["b", "a"]})
    assert findings.clean
    assert findings.doubts == ()
    assert findings.acknowledged == 2


def test_an_acknowledged_row_that_one_node_lacks_is_lost() -> None:
    findings = check_writes(HISTORY, {"database-1": ["a", "b"], "database-2": ["a"]})
    assert findings.lost == {"database-2": ("b",)}
    assert findings.lost_keys == {"b"}
    assert not findings.clean


def test_a_row_that_is_there_twice_is_duplicated() -> None:
    assert check_writes(HISTORY, {"database-1": ["a", "b", "a"]}).duplicated == {"database-1": ("a",)}


def test_a_refused_row_that_is_there_is_a_finding() -> None:
    assert check_writes(HISTORY, {"database-1": ["a", "b", "no"]}).refused_but_there == {
        "database-1": ("no",)
    }


def test_an_unknown_row_may_be_there_or_not_but_the_nodes_must_agree() -> None:
    there = ["a", "b", "perhaps"]
    assert check_writes(HISTORY, {"database-1": there, "database-2": there}).clean
    findings = check_writes(HISTORY, {"database-1": there, "database-2": ["a", "b"]})
    assert findings.disagreed == {"database-2": ("perhaps",)}


def test_rows_of_earlier_runs_are_left_alone() -> None:
    assert check_writes(HISTORY, {"database-1": ["a", "b", "of-yesterday", "of-yesterday"]}).clean


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
