"""`promote status`: soak, freezes and what is under way; with --watch until Ctrl-C."""

import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from desk import Desk, green, open_attempt, set_rules
from evidence_ways import under_a_gate

from pipeline.bootstrap.office import Place
from pipeline.core.errors import RunInterrupted
from pipeline.core.events import Record
from pipeline.core.freeze import Freeze
from pipeline.engine.holds import hold, unhold
from pipeline.engine.promote import Wish, promote
from pipeline.engine.resume import resume
from pipeline.ports import Clock, Ledger, Notifier
from pipeline.workshop import Workshop


class Sleeper:
    """A clock whose sleep is the test's."""

    def __init__(self, clock: Clock, sleep: Callable[[float], None]) -> None:
        self.now = clock.now
        self.sleep = sleep


class Counting:
    """A ledger that notes how many events each reading returned."""

    def __init__(self, inner: Ledger, noted: list[int]) -> None:
        self._inner = inner
        self._noted = noted

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def read(self, after: int = 0, most: int | None = None) -> Sequence[Record]:
        found = self._inner.read(after, most)
        self._noted.append(len(found))
        return found


def ticking(desk: Desk, *happens: Callable[[], object], end: int = signal.SIGINT) -> list[int]:
    """While the next command sleeps, one thing after the other happens, and then a signal comes.

    The list that is returned grows by the number of events that each of its readings of the ledger gives.
    """
    left, noted, clock = list(happens), [], desk.bench.clock

    def sleep(seconds: float) -> None:
        clock.time += seconds
        if not left:
            raise RunInterrupted(end, "interrupted before anything was begun")
        left.pop(0)()

    @contextlib.contextmanager
    def wiring(_place: Place, _notifier: Notifier) -> Iterator[Workshop]:
        shop = desk.bench.shop()
        yield replace(shop, clock=Sleeper(clock, sleep), ledger=Counting(shop.ledger, noted))

    desk.wiring = wiring
    return noted


def interrupted(desk: Desk, command: Callable[[Workshop], object], after: int) -> None:
    """Another process gets so many events further."""
    quiet = desk.bench.quiet
    quiet.after = len(quiet.records) + after
    with contextlib.suppress(RunInterrupted):
        command(desk.bench.shop())
    quiet.after = quiet.signal = None


def stage(desk: Desk, name: str = "dev") -> dict:
    (found,) = desk.document("status", name)["stages"]
    return found


def test_status_says_for_how_long_what_stands_has_stood_verified(desk: Desk) -> None:
    desk(*green(desk))
    set_rules(desk, "staging", soak_s=3600)
    desk.bench.clock.time += 3 * 3600 + 12 * 60

    assert stage(desk)["soaked_s"] == 11520.0
    assert stage(desk, "staging")["soaked_s"] is None
    assert desk("status", "dev") == 0
    assert "3h12m" in desk.out
    assert "staging" not in desk.out


def test_status_names_the_freezes_that_apply_and_those_that_nobody_can_read(desk: Desk) -> None:
    desk(*green(desk))
    soon = Freeze("moving", "1970-01-12T13:00", 7200)
    later, unreadable = replace(soon, begins="1970-01-13T13:00"), replace(soon, why="fair", zone="No/Where")
    set_rules(desk, "dev", freezes=(soon, later, unreadable))

    assert stage(desk)["frozen"] == "fair (cannot be read); moving, until 1970-01-12T15:00:00Z"


def test_status_of_a_stage_that_does_not_exist_is_a_mistake(desk: Desk) -> None:
    desk(*green(desk))

    assert desk("status", "prdo") == 2
    assert "no stage 'prdo'" in desk.err


def test_status_says_what_is_under_way_and_how_far_it_is(desk: Desk, tmp_path: Path) -> None:
    desk.bench.site = tmp_path
    desk(*under_a_gate(desk))
    desk.bench.shop().ledger.acquire("dev", "promote r1 to dev", 3600)
    desk.alive = True
    desk.bench.clock.time += 75

    way = stage(desk)["under_way"]
    assert (way["attempt"], way["phase"], way["interrupted"]) == ("p1", "gating", False)
    assert (way["steps_done"], way["steps"], way["gate"]) == (1, 1, "smoke")
    assert (way["checks_done"], way["checks"], way["age_s"]) == (1, 2, 75.0)
    assert desk("status") == 0
    assert "dev: p1 promote r1: gating, 1 of 1 steps, gate smoke 1 of 2 checks, 1m15s\n" in desk.out


def test_the_time_to_go_is_that_of_the_last_promotion(desk: Desk) -> None:
    desk(*green(desk))
    desk.bench.commit("second", a="2")
    desk.interrupted("--stage", "dev", after=4)
    desk.bench.shop().ledger.acquire("dev", "promote r2 to dev", 3600)
    desk.alive = True

    assert stage(desk)["under_way"]["left_s"] == 0.0
    assert desk("status") == 0
    assert "less than a minute to go" in desk.out


def test_what_is_under_way_does_not_cost_the_reading_of_an_old_ledger(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.cli.followed._NEAR", 10)
    monkeypatch.setattr("pipeline.cli.followed._FAR", 25)
    for _ in range(6):
        desk(*green(desk))
    desk.bench.commit("second", a="2")
    desk.interrupted("--stage", "dev", after=4)
    noted = ticking(desk)

    assert desk("status", "--watch") == 0
    assert noted[2:] == [10, 25]  # after all events, and that there are no more
    assert "p7 promote r2 (interrupted): " in desk.out


def test_an_interrupted_run_is_under_way_and_nobody_drives_it(desk: Desk) -> None:
    open_attempt(desk)

    way = stage(desk)["under_way"]
    assert (way["interrupted"], way["left_s"]) == (True, None)
    assert desk("status") == 0
    assert "p1 promote r1 (interrupted)" in desk.out


def test_where_there_is_no_terminal_a_watch_prints_a_line_for_each_change(desk: Desk) -> None:
    desk(*green(desk))
    noted = ticking(
        desk,
        lambda: None,
        lambda: hold(desk.bench.shop(), "dev", "freeze"),
        lambda: None,
        lambda: unhold(desk.bench.shop(), None, "dev"),
    )

    assert desk("status", "dev", "--watch") == 0

    lines = desk.out.splitlines()
    assert [line.partition(" dev: ")[2] for line in lines] == [
        "r1 stands, verified",
        "r1 stands, verified; held (freeze)",
        "r1 stands, verified",
    ]
    assert [line[:20] for line in lines] == [
        "1970-01-12T13:46:40Z",
        "1970-01-12T13:46:42Z",
        "1970-01-12T13:46:44Z",
    ]
    assert noted[2:] == [1, 1], "the ledger is read once each time that its head has moved"


def test_a_watch_follows_the_promotion_of_another_process(desk: Desk) -> None:
    desk(*green(desk))
    desk.bench.commit("second", a="2")
    ticking(
        desk,
        lambda: interrupted(desk, lambda shop: promote(shop, Wish("dev")), after=5),
        lambda: interrupted(desk, lambda shop: resume(shop, "dev"), after=3),
        lambda: resume(desk.bench.shop(), "dev"),
    )

    assert desk("status", "dev", "--watch") == 0

    assert [line.partition(" dev: ")[2] for line in desk.out.splitlines()] == [
        "r1 stands, verified",
        "r2 stands, unverified; p2 promote r2 (interrupted): gating, 1 of 1 steps",
        "r2 stands, unverified; p2 promote r2 (interrupted): closing, 1 of 1 steps",
        "r2 stands, verified",
    ]


def test_another_signal_ends_a_watch_with_its_own_code(desk: Desk) -> None:
    ticking(desk, end=signal.SIGTERM)

    assert desk("status", "--watch") == 143


def test_a_watch_prints_no_document(desk: Desk) -> None:
    assert desk("-o", "json", "status", "--watch") == 2
    assert "it prints no document" in desk.err


def test_a_terminal_is_drawn_with_stages_and_steps(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    open_attempt(desk)
    ticking(desk, lambda: None)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr("pipeline.cli.watch.is_capable", lambda _stream: True)

    assert desk("status", "--watch") == 0
    assert "STAGE    VERIFIED  STANDS" in desk.out
    assert "dev: p1 promote r1 (interrupted): planning" in desk.out
    assert "gates    smoke" in desk.out
