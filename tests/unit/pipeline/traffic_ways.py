"""Ways to a stage whose traffic is counted."""

from desk import Desk, green
from legs_ways import between_legs

from pipeline.core.traffic import Point, Row
from pipeline.testing.traffic import FakeTraffic

WATCH = ["watch", "--stage", "dev", "--for", "0"]
POINTS = (
    Point(
        1_000_000.0,
        0.5,
        "lb-1",
        (
            Row("identity", "blue", {"2xx": 90, "5xx": 1, "retries": 2}, 31.0, 2),
            Row("identity", "green", {"2xx": 9, "4xx": 1}, 24.0, 1),
        ),
    ),
    Point(1_000_000.0, 0.5, "lb-2", (Row("image", "blue", {"2xx": 50}, 12.0, 2),)),
)


def counted(desk: Desk) -> list[str]:
    """Two planes answer in dev, where nothing is under way; one load balancer does not tell, one no more."""
    desk(*green(desk))
    late = Point(POINTS[0].at - 20, 0.5, "lb-4")
    desk.bench.traffic = FakeTraffic((late, *POINTS), {"lb-3": "no answer"})
    return WATCH


def counted_in_a_run(desk: Desk) -> list[str]:
    """The same while a run waits between two legs."""
    between_legs(desk)
    desk.bench.traffic = FakeTraffic(POINTS)
    return WATCH


def nobody_counts(desk: Desk) -> list[str]:
    """Nothing here counts what is answered."""
    desk(*green(desk))
    return WATCH
