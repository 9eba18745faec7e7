"""Measures what planes answer while legs of a plan go on, in a thread of its own, which nobody waits for."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from pipeline.core import events as ev
from pipeline.core.checked import Checked
from pipeline.core.errors import StagegateError
from pipeline.core.traffic import Point, TrafficAsked
from pipeline.ports import Notifier
from pipeline.tool_ports import Traffic
from pipeline.workshop import Workshop

CALL_S = 60.0  # for one call; the release's code ends it sooner when the command ends
PAUSE_S = 0.2  # between calls: one that ends at once must not be asked without pause
AGAIN_S = 5.0  # until the next call, if one has failed; twice as long after each that fails, up to
RARELY_S = 60.0  # so long: the release may never answer
TOLD = 20  # different things at most that are reported of one command
_UNMEASURED = "traffic is not measured"

Over = Callable[[str], None]


@contextmanager
def measuring(shop: Workshop, over: Over) -> Iterator[Workshop]:
    """Yield a workshop in whose attempts traffic is measured from the begin of their first leg on.

    What is measured is evidence of the attempt, and of nothing else: whatever becomes of it, the run goes on
    as it would without. Once everything is done, `over` is called for each run of which an attempt is over
    for now, with the last of them: until then clients may need a rollback, which must not wait for a picture.
    """
    if shop.traffic is None:
        yield shop
        return
    meter = _Meter(shop, shop.traffic, over)
    try:
        yield replace(shop, notifier=meter)
    finally:
        meter.finish()


class _Meter:
    """The Notifier port: forwards everything, and has the attempt of the last leg that began measured."""

    def __init__(self, shop: Workshop, traffic: Traffic, over: Over) -> None:
        self._shop = shop
        self._traffic = traffic
        self._over = over
        self._notifier: Notifier = shop.notifier
        self._asked: TrafficAsked | None = None
        self._lock = threading.Lock()
        self._begun = threading.Event()
        self._ending = threading.Event()
        self._woken = threading.Event()  # something else is to be measured, or nothing any more
        # A daemon: its last call ends with the child that answers it, which the workshop closes.
        self._thread = threading.Thread(target=self._run, name="measuring", daemon=True)
        self._started = False
        self._said: set[str] = set()
        self._ended: list[str] = []

    def recorded(self, record: ev.Record) -> None:
        self._notifier.recorded(record)
        match record.event:
            case ev.LegStarted(attempt=attempt) | ev.Resumed(attempt=attempt):
                self._guarded(self._begin, attempt)
            case ev.AttemptEnded(attempt=attempt) | ev.Interrupted(attempt=attempt):
                self._end(attempt)

    def progress(self, message: str, host: str | None = None) -> None:
        self._notifier.progress(message, host)

    def checked(self, check: Checked) -> None:
        self._notifier.checked(check)

    def finish(self) -> None:
        """Measure no more, and have drawn what is over."""
        self._pause()
        self._guarded(self._draw)
        self._ending.set()
        self._begun.set()
        self._woken.set()

    def _begin(self, name: str) -> None:
        attempt = self._shop.history().attempts[name]
        if not attempt.legs_started:  # of one that is resumed: its next leg will begin it
            return
        with self._lock:
            if self._asked is None:
                self._woken.set()
            self._asked = TrafficAsked(attempt.stage, attempt.release, CALL_S, name)
            self._begun.set()
        if not self._started:
            self._started = True
            self._thread.start()

    def _end(self, attempt: str) -> None:
        self._pause()
        self._ended.append(attempt)

    def _pause(self) -> None:
        with self._lock:
            self._asked = None
            self._begun.clear()

    def _draw(self) -> None:
        if not self._ended:
            return
        attempts = self._shop.history().attempts
        for attempt in {attempts[name].run: name for name in self._ended}.values():
            self._guarded(self._over, attempt, without="the run is not drawn")

    def _guarded(self, do: Callable[..., None], *given: str, without: str = _UNMEASURED) -> None:
        try:
            do(*given)
        except StagegateError as problem:
            self._say(problem, without)
        except Exception as problem:  # noqa: BLE001 - a defect here must not change how the run ends
            self._tell(f"not measured or drawn: {type(problem).__name__}: {problem}")

    def _run(self) -> None:
        since: dict[str, object] = {}
        pause = AGAIN_S
        while self._begun.wait() and not self._ending.is_set():
            self._woken.clear()
            asked = self._asked
            if asked is None:  # it has ended just now
                continue
            try:
                seen = self._traffic.follow(replace(asked, since=since), self._take)
            except (StagegateError, OSError) as problem:
                self._say(problem)
                pause = self._rest(pause)
                continue
            since = dict(seen.since)
            for source, why in seen.silent.items():
                self._tell(f"{source} tells no traffic: {why}")
            if not seen.since and not seen.silent:  # there is nothing that counts, or not yet
                pause = self._rest(pause)
                continue
            pause = AGAIN_S
            self._woken.wait(PAUSE_S)

    def _rest(self, pause: float) -> float:
        """Wait, but not if another attempt begins meanwhile; return how long to wait the next time."""
        return AGAIN_S if self._woken.wait(pause) else min(2 * pause, RARELY_S)

    def _take(self, point: Point) -> None:
        with self._lock:
            attempt = self._asked.attempt if self._asked else None
            if attempt is None:
                return
            try:
                kept = self._traffic.keep(attempt, point)
            except OSError as problem:  # a disk may be full for a moment: the next point is tried again
                self._tell(f"the evidence of traffic of {attempt} is incomplete: {problem}")
                return
            if not kept:
                self._tell(f"the evidence of traffic of {attempt} is as large as it may become")

    def _say(self, problem: StagegateError | OSError, without: str = _UNMEASURED) -> None:
        told = problem.lines() if isinstance(problem, StagegateError) else (str(problem),)
        self._tell(f"{without}: {'; '.join(told)}")

    def _tell(self, message: str) -> None:
        """Report something once, however often it is found, and not after the command's last words."""
        if message in self._said or len(self._said) > TOLD or self._ending.is_set():
            return
        self._said.add(message)
        more = "what else goes wrong in measuring traffic is not told: promote watch shows it"
        self._notifier.progress(message if len(self._said) <= TOLD else more)
