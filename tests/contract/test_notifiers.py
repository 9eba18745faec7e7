"""What notifiers promise: the fake that keeps what it hears, and the lines of a pipe."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.cli.progress import ConsoleNotifier
from pipeline.cli.sentences import Told, sentence
from pipeline.cli.unfailing import Unfailing
from pipeline.core.checked import Checked
from pipeline.core.codec import decode
from pipeline.core.events import Record
from pipeline.core.plan import RosterEntry
from pipeline.ports import Notifier
from pipeline.testing import Quiet

KINDS = Path(__file__).parents[1] / "unit/pipeline/ledgers/each-event-1.jsonl"
CHECK = Checked("smoke", RosterEntry("galera", "database-1", "healthy"), "failed", "2 of 3", 1, 2)


@dataclass(frozen=True)
class Heard:
    """A notifier, and the lines that reached somebody: of events, of progress and of checks."""

    notifier: Notifier
    lines: Callable[[], Sequence[str]]


@pytest.fixture(params=["fake", "unfailing", "console"])
def heard(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Heard:
    quiet, timed = Quiet(), len("    0.0s ")

    def printed() -> list[str]:
        return [line[timed:].strip() for line in capsys.readouterr().err.splitlines()]

    def kept() -> list[str]:
        return [*sentences(quiet.records), *quiet.messages]

    if request.param == "console":
        return Heard(ConsoleNotifier(), printed)
    return Heard(quiet if request.param == "fake" else Unfailing(quiet), kept)


def sentences(records: Sequence[Record]) -> list[str]:
    """What is shown of these events, each without the titles of the plan's steps."""
    return [text for record in records if (text := sentence(record.event, Told()))]


def test_progress_and_checks_are_told_with_their_host(heard: Heard) -> None:
    heard.notifier.progress("hello")
    heard.notifier.progress("on it", "database-1")
    heard.notifier.checked(CHECK)
    assert list(heard.lines()) == ["hello", "database-1: on it", "database-1: galera/healthy failed: 2 of 3"]


def test_every_kind_of_event_and_every_line_arrives_however_many_tell_at_once(heard: Heard) -> None:
    records = [
        Record(number, 0.0, decode(json.loads(line)))
        for number, line in enumerate(KINDS.read_text().splitlines(), 1)
    ]
    assert len(records) > 10
    with ThreadPoolExecutor(8) as pool:
        told = [pool.submit(heard.notifier.recorded, record) for record in records]
        told += [pool.submit(heard.notifier.progress, f"line {number}") for number in range(50)]
        assert [call.result() for call in told] == [None] * len(told)
    assert sorted(heard.lines()) == sorted([*sentences(records), *(f"line {n}" for n in range(50))])
