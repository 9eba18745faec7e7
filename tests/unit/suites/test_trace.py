from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from suites.errors import TraceUnusable
from suites.failover.marks import Event, Holding, Marks, Writing, write_marks
from suites.probes.trace import Request, RequestOutcome, Tail, Trace, header_line, request_line, write_trace

HEADER = Trace("sql-kept", "sql", "kept", 20.0, 1.0, 100.5, 130.0, (), "2026-03-01T14:05:00+00:00")
REQUEST = Request(101.0, 101.0, 101.02, RequestOutcome.OK, "database-1", None, "sql-kept-1")
FIRST, SECOND = header_line(HEADER), request_line(REQUEST)
texts = st.none() | st.text(max_size=8)
times = st.floats(0, 1e6)
requests_made = st.builds(Request, times, times, times, st.sampled_from(RequestOutcome), texts, texts, texts)


@given(st.lists(requests_made, max_size=5), texts)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, requests: list[Request], wall: str | None
) -> None:
    trace = Trace("p", "http", "new", 5.0, 0.3, 1.0, 2.0, tuple(requests), wall)
    file = tmp_path_factory.getbasetemp() / "p.jsonl"
    write_trace(trace, file)
    assert Tail(file).trace() == trace


def test_the_line_that_a_killed_probe_left_half_written_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "p.jsonl"
    file.write_text(FIRST + SECOND + SECOND[:-20])
    assert Tail(file).trace().requests == (REQUEST,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no header"),
        ('{"probe": "p"}\n', ":1: the header can't be parsed: kind: Field required"),
        (FIRST.replace("kept", "old"), ":1: the header can't be parsed: connection: "),
        (FIRST + "{\n", ":2: a request can't be parsed: Invalid JSON"),
        (FIRST + "[]\n", ":2: a request can't be parsed: Input should be an object"),
        (FIRST + SECOND.replace("ok", "fine"), ":2: a request can't be parsed"),
        (FIRST + SECOND.replace("101.02", "NaN"), "end: Input should be a finite number"),
    ],
)
def test_what_is_no_trace_is_named_with_its_line(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "p.jsonl"
    file.write_text(text)
    tail = Tail(file)
    for _ in range(2):  # what can't be parsed is no more skipped the second time
        with pytest.raises(TraceUnusable) as raised:
            tail.trace()
        assert told in str(raised.value)
        assert str(file) in str(raised.value)


def test_a_trace_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(TraceUnusable, match="can't be read"):
        Tail(tmp_path / "none.jsonl").trace()


def test_marks_are_written_as_they_are(tmp_path: Path) -> None:
    marks = Marks(
        fault="writer killed",
        component="galera",
        target="database-1",
        seed=3,
        injected=1.5,
        proved=1.6,
        undone=None,
        events=(Event(2.0, "evicted"),),
        holders=(Holding(0.0, "loadbalancer-1"),),
        writers=(Writing(0.0, "database-1"), Writing(1.6, None)),
        budget_s=4.25,
    )
    write_marks(marks, tmp_path / "marks.json")
    assert TypeAdapter(Marks).validate_json((tmp_path / "marks.json").read_bytes()) == marks
