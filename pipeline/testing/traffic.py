"""The Traffic port in memory: it tells what the test wants, and keeps what it is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipeline.core.errors import StagegateError
from pipeline.core.traffic import Kept, Point, TrafficAsked, TrafficSeen


@dataclass(slots=True)
class FakeTraffic:
    """Each call tells all `points` and ends; or raises the next of `errors`, else `error`, if there is one.

    `points_kept` are by attempt; so many as `torn` more can't be read.
    """

    points: Sequence[Point] = ()
    silent: dict[str, str] = field(default_factory=dict)
    error: StagegateError | None = None
    errors: list[StagegateError] = field(default_factory=list)
    limit: int = 1_000_000
    asked: list[TrafficAsked] = field(default_factory=list)
    points_kept: dict[str, list[Point]] = field(default_factory=dict)
    torn: int = 0
    on_end: Callable[[], None] = lambda: None
    on_error: Callable[[], None] = lambda: None

    def follow(self, asked: TrafficAsked, take: Callable[[Point], None]) -> TrafficSeen:
        """Remembers what it was asked; it goes on from its own last point."""
        self.asked.append(asked)
        if self.errors:
            self.on_error()
            raise self.errors.pop(0)
        if self.error is not None:
            raise self.error
        for point in self.points:
            take(point)
        self.on_end()
        return TrafficSeen({point.source: {"clock": point.at} for point in self.points}, self.silent)

    def keep(self, attempt: str, point: Point) -> bool:
        """`limit` is a number of points here."""
        found = self.points_kept.setdefault(attempt, [])
        if len(found) >= self.limit:
            return False
        found.append(point)
        return True

    def kept(self, attempt: str) -> Kept:
        found = sorted(self.points_kept.get(attempt, ()), key=lambda point: point.at)
        return Kept(tuple(found), self.torn)
