"""Calls that print what a forge was told, and what it refuses."""

from desk import Desk, Way, green

from pipeline.core.messages import Note
from pipeline.engine.promote import Wish, promote
from pipeline.testing import FakeForge


def notes_refused(*argv: str) -> Way:
    """A release was promoted, and GitLab refuses notes."""

    def way(desk: Desk) -> list[str]:
        desk.bench.forge = FakeForge(refused=(Note,))
        desk(*green(desk))
        return list(argv)

    return way


def told_in_part(desk: Desk) -> list[str]:
    """It could not be reached; then it can be, and refuses notes."""
    forge = desk.bench.forge = FakeForge(refused=(Note,), down=True)
    shop = desk.bench.shop
    desk.bench.commit("first", a="1")
    promote(shop(), Wish("dev"))
    forge.down = False
    return ["deliver"]
