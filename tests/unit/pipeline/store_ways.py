"""Ways to a site that shares a store."""

from desk import Desk, Way

from pipeline.testing import FakeArchives


def in_the_store(*argv: str) -> Way:
    """The copy of a release is on this machine, and in the store if a promotion has put it there."""

    def way(desk: Desk) -> list[str]:
        release = desk.bench.commit("first", a="1")
        desk.bench.archives = FakeArchives({f"releases/{release}": {"file": "a"}})
        desk("--stage", "dev")
        return list(argv)

    return way
