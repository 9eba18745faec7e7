"""Sections in the log of a GitLab job: each that begins ends, and how it ended is outside of it."""

import re

import pytest
from desk import Desk, green, red

from pipeline.cli.progress import ConsoleNotifier
from pipeline.cli.sections import SectionedNotifier, closing_sections, in_sections
from pipeline.core.events import Record

MARK = re.compile(r"^\x1b\[0Ksection_(start|end):1000:([a-z0-9_.-]+)(\[collapsed=true\])?\r\x1b\[0K(.*)$")


def log(records: list[Record], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The log of these events, its marks as `start NAME: TITLE` and `end NAME`, without times."""
    notifier = SectionedNotifier(ConsoleNotifier(monotonic=lambda: 0.0), now=lambda: 1000.0)
    with closing_sections(notifier):
        for record in records:
            notifier.recorded(record)
    lines = []
    # Not by splitlines: the marks contain carriage returns.
    for line in capsys.readouterr().err.rstrip("\n").split("\n"):
        if mark := MARK.match(line):
            lines.append(f"start {mark[2]}: {mark[4]}" if mark[1] == "start" else f"end {mark[2]}")
        else:
            lines.append(line.removeprefix("    0.0s "))
    return lines


def test_a_deployment_and_each_gate_are_a_section_and_their_ends_are_in_sight(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk(*green(desk))

    told = log(desk.bench.store.records, capsys)
    assert told[told.index("plan: 1 steps") :] == [
        "plan: 1 steps",
        "start p1-steps: p1: 1 steps",
        "begin a: make a 1",
        "done  a",
        "end p1-steps",
        "gate smoke begins",
        "start p1-smoke-1: p1: gate smoke",
        "end p1-smoke-1",
        "gate smoke: pass, 1 of 1 checks passed",
        "p1: verified",
    ]


@pytest.mark.parametrize("shard", [False, True])
def test_each_section_that_begins_ends_before_the_next_one(
    desk: Desk, capsys: pytest.CaptureFixture[str], *, shard: bool
) -> None:
    stage = red(desk)
    if shard:
        desk("ci", "deploy", *stage)
        desk("ci", "shard", "smoke", "1/1", "--stage", "dev")
        desk("resume", "--stage", "dev")
    else:
        desk(*stage)

    marks = [line for line in log(desk.bench.store.records, capsys) if line.startswith(("start", "end"))]
    pairs = list(zip(marks[::2], marks[1::2], strict=True))
    assert pairs
    for start, end in pairs:
        assert start.startswith("start ")
        assert end == f"end {start.removeprefix('start ').partition(':')[0]}"
    names = [end for _, end in pairs]
    assert len(set(names)) == len(names)


def test_a_section_that_is_open_when_the_command_ends_is_ended(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk(*green(desk))
    records = desk.bench.store.records
    begun = next(n for n, record in enumerate(records, 1) if type(record.event).__name__ == "GateStarted")

    assert log(records[:begun], capsys)[-2:] == ["start p1-smoke-1: p1: gate smoke", "end p1-smoke-1"]


def test_only_a_job_of_gitlab_has_sections() -> None:
    console = ConsoleNotifier()
    assert in_sections(console, {}) is console
    assert in_sections(console, {"GITLAB_CI": ""}) is console
    assert isinstance(in_sections(console, {"GITLAB_CI": "true"}), SectionedNotifier)
