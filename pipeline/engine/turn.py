"""The turn of a promotion that must wait for its stage: of several, the newest goes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pipeline.core import events as ev
from pipeline.core.errors import Superseded
from pipeline.core.history import History, replay
from pipeline.core.leases import Liveness
from pipeline.core.policy.newest_goes import superseded_by
from pipeline.core.release import Release
from pipeline.workshop import Workshop


class Turn:
    """One promotion's place among those that wait for its stage. It takes none before it must wait."""

    def __init__(self, shop: Workshop, stage: str, release: Release, wait_s: float) -> None:
        self._shop = shop
        self._stage = stage
        self._release = release
        self._wait_s = wait_s
        self._ticket: int | None = None
        self._known: History | None = None

    def wait(self) -> None:
        """Take a place, if it has none yet. Raises Superseded as soon as a newer promotion goes instead."""
        shop = self._shop
        if self._ticket is None:
            until = shop.clock.now() + self._wait_s
            queued = ev.PromotionQueued(self._stage, self._release.id, shop.holder, until, shop.actor)
            (record,) = shop.ledger.append([queued])
            self._ticket = record.seq
        # It is asked twice a second, so only what is new is read.
        known = self._known
        self._known = replay(shop.ledger.read(known.head), known) if known is not None else shop.history()
        self.require(self._known)

    def require(self, history: History) -> None:
        """Raise Superseded if, by this history, a newer promotion goes instead."""
        if self._ticket is None:
            return
        shop = self._shop
        holders = {waiting.queued.holder for waiting in history.queue}
        gone = {holder for holder in holders if shop.liveness(holder) is Liveness.GONE}
        if other := superseded_by(history, self._ticket, shop.clock.now(), gone):
            raise Superseded(
                f"{self._release.alias} is superseded by {other}",
                where=f"stage {self._stage}",
                why="of the promotions that wait for a stage, the newest goes; nothing was changed",
                next="promote status",
            )

    def leaving(self, why: ev.Leaving) -> Sequence[ev.Event]:
        """The event with which it gives its place back; none if it had none."""
        return () if self._ticket is None else (ev.PromotionDequeued(self._stage, self._ticket, why),)

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Wait and start inside. If it does not start, it gives its place back on leaving."""
        try:
            yield
        except BaseException as problem:
            superseded = isinstance(problem, Superseded)
            left = self.leaving(ev.Leaving.SUPERSEDED if superseded else ev.Leaving.GAVE_UP)
            if left:
                self._shop.ledger.append(left)
            raise
