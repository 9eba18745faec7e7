"""Ways to a command in stages in which gates have left something."""

from desk import Desk, Way, green

from pipeline.core.swept import Leftover
from pipeline.testing.gates import ASKED, AWAY


def leaving(kind: str, why: str | None, *argv: str) -> Way:
    """The command in a stage in which gates have left a thing, and where one component can't be asked."""

    def way(desk: Desk) -> list[str]:
        desk(*green(desk))
        desk.bench.left = [
            Leftover(name, kind, f"stagegate-{kind}", why or ASKED) for name in ("thing", AWAY)
        ]
        return list(argv)

    return way
