"""`promote watch --stage S`: follows a run live, with what each plane answers meanwhile."""

import json
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import click

from pipeline.cli.call import Call, common, duration
from pipeline.cli.followed import Followed, caught_up, followed, with_checks
from pipeline.cli.progress import is_capable
from pipeline.cli.render import SCHEMA_VERSION, moment, print_lines
from pipeline.cli.stage_rows import stage_rows, way_text
from pipeline.cli.traffic_shown import WINDOW_S, Now, Seen, traffic_data, traffic_lines
from pipeline.cli.view import View
from pipeline.core.errors import ChildRefused, NotEligible, RunInterrupted, StagegateError, UsageProblem
from pipeline.core.traffic import Point, TrafficAsked
from pipeline.tool_ports import Traffic
from pipeline.workshop import Workshop

_EVERY_S = 1.0
_CALL_S = 10.0  # who tells nothing is known at the end of a call
_FIRST_S = 10.0  # until the first point is there: a child has to start, and connections be made
_AGAIN_S = 1.0
_LATE_S = 60.0  # by then the call has ended that waits for a load balancer, and says why that tells nothing
_REFUSED_AGAIN_S = 5.0  # the release's code may not know the verb, or refuse in passing
_KEPT = 400  # points: some seconds of several load balancers


Show = Callable[[Seen], None]


@click.command("watch")
@click.option("--stage", metavar="NAME", required=True, help="The stage.")
@click.option("--for", "for_s", type=duration, metavar="TIME", help="End after this time. [until Ctrl-C]")
@common
def verb(call: Call, stage: str, for_s: float | None) -> int:
    """Follow a stage live: the leg and steps that go on, and what each plane answers.

    Requests and errors a second, the part of all requests, and how long an answer takes are those of the last
    five seconds, as the load balancers count them. That needs no lock and changes nothing.

    A terminal is drawn again each second. Elsewhere it prints a line for each thing that happens, and one for
    each plane every five seconds; with -o json one document a second, each a line.
    """
    with call.workshop() as shop:
        seen = followed(shop)
        known = seen.history.stage_names()
        if stage not in known:
            why = f"known: {', '.join(known) or 'none yet'}"
            raise UsageProblem(f"no stage {stage!r}", why=why, next="promote status")
        try:
            with following(shop, stage) as follower, _shower(call) as show:
                _follow(shop, seen, follower, show, for_s)
        except RunInterrupted as end:
            if end.signal != signal.SIGINT:
                raise
    return 0


def _follow(shop: Workshop, seen: Followed, follower: "_Follower", show: Show, for_s: float | None) -> None:
    """Show what is, again and again; the ledger is read only when its head has moved."""
    follower.first.wait(_FIRST_S)
    until = None if for_s is None else shop.clock.now() + for_s
    while True:
        seen = with_checks(seen, shop.site)
        view = seen.views.get(follower.stage, View())
        (row,) = stage_rows(shop, seen, follower.stage)
        way = row["under_way"]
        doing = way_text(way) if isinstance(way, Mapping) else None
        show(Seen(follower.stage, shop.clock.now(), view, doing, follower.now()))
        if until is not None and shop.clock.now() >= until:
            return
        shop.clock.sleep(_EVERY_S)
        if shop.ledger.head().seq != seen.history.head:
            seen = caught_up(shop, seen)


class _Follower:
    """Keeps the latest points of a stage, taken by a thread of its own."""

    def __init__(self, shop: Workshop, stage: str) -> None:
        self.stage = stage
        self.first = threading.Event()
        self._shop = shop
        self._points: deque[Point] = deque(maxlen=_KEPT)
        self._now = Now()
        self._lock = threading.Lock()
        self._over = threading.Event()
        # A daemon: its last call ends with the child that answers it, which the workshop closes.
        self._thread = threading.Thread(target=self._run, name="following", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()

    def now(self) -> Now:
        """What is known now. Of points that are older than what is shown, only when the last one was."""
        with self._lock:
            newest = max((point.at for point in self._points), default=0.0)
            shown = [one for one in self._points if one.at > newest - 2 * WINDOW_S]
            earlier = {one.source: replace(one, rows=()) for one in self._points if one.at > newest - _LATE_S}
            for one in shown:
                earlier.pop(one.source, None)
            return replace(self._now, points=(*earlier.values(), *shown))

    def _run(self) -> None:
        since: Mapping[str, object] = {}
        while not self._over.is_set():
            again = _AGAIN_S
            try:
                since = self._call(since)
            except NotEligible as problem:  # asked again, it would be no other
                self._tell(Now(trouble="; ".join(problem.lines())))
                return
            except (StagegateError, OSError) as problem:
                lines = problem.lines() if isinstance(problem, StagegateError) else (str(problem),)
                self._tell(Now(trouble="; ".join(lines)))
                again = _REFUSED_AGAIN_S if isinstance(problem, ChildRefused) else _AGAIN_S
            self._over.wait(again)

    def _call(self, since: Mapping[str, object]) -> Mapping[str, object]:
        traffic: Traffic | None = self._shop.traffic
        if traffic is None:
            raise NotEligible("nothing here counts what is answered")
        history = self._shop.history()
        view = history.stage(self.stage)
        release = history.attempts[view.open].release if view.open else view.standing
        if release is None:
            raise NotEligible(f"nothing was deployed in {self.stage}", next=f"promote --stage {self.stage}")
        seen = traffic.follow(TrafficAsked(self.stage, release, _CALL_S, since=since), self._take)
        self._tell(Now(silent=seen.silent))
        return seen.since

    def _take(self, point: Point) -> None:
        with self._lock:
            self._points.append(point)
        self.first.set()

    def _tell(self, now: Now) -> None:
        with self._lock:
            self._now = now
        self.first.set()


@contextmanager
def following(shop: Workshop, stage: str) -> Iterator[_Follower]:
    """Have the latest points of a stage kept meanwhile."""
    follower = _Follower(shop, stage)
    follower.start()
    try:
        yield follower
    finally:
        follower.stop()


@contextmanager
def _shower(call: Call) -> Iterator[Show]:
    if call.json:
        yield _document
    elif is_capable(sys.stdout):
        from pipeline.cli.traffic_drawing import drawn  # noqa: PLC0415 - imports rich

        with drawn() as show:
            yield show
    else:
        yield _printing()


def _document(seen: Seen) -> None:
    """One document, as one line."""
    attempt = seen.view.attempt
    has_leg = attempt is not None and attempt.plan.has_sections and attempt.legs_started
    document = {
        "schema_version": SCHEMA_VERSION,
        "at": moment(seen.at),
        "stage": seen.stage,
        "attempt": None if attempt is None else attempt.id,
        "leg": attempt.leg.name if attempt is not None and has_leg else None,
        "steps": [line.name for line in seen.view.running()],
        "gate": seen.view.gate(),
        **traffic_data(seen.now, seen.at),
    }
    print_lines([json.dumps(document)])
    sys.stdout.flush()


def _printing() -> Show:
    """Prints a line for each thing that happens, and one for each plane every few seconds."""
    told: set[str] = set()
    counted_at: list[float] = []

    def show(seen: Seen) -> None:
        running = [f"step {line.name}" for line in seen.view.running()]
        happening = {*([seen.doing] if seen.doing else ["nothing is under way"]), *running}
        lines = sorted(happening - told)
        told.clear()
        told.update(happening)
        if not counted_at or seen.at - counted_at[-1] >= WINDOW_S:
            counted_at[:] = [seen.at]
            lines += traffic_lines(seen.now, seen.at)
        print_lines(f"{moment(seen.at)} {seen.stage}: {line}" for line in lines)
        sys.stdout.flush()

    return show
