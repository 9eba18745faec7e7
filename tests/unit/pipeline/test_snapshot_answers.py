"""Every question has the same answer with a snapshot and without, and loads no more than it shows."""

import pytest
from desk import Desk
from documents import two_releases

QUESTIONS = {
    "status": ("status",),
    "why": ("why", "--stage", "staging"),
    "why of one": ("why", "--stage", "staging", "--release", "r1"),
    "history": ("history",),
    "history of one release": ("history", "--release", "r1"),
    "latest": ("history", "--limit", "1"),
    "show": ("show", "p1"),
    "show the latest": ("show",),
    "releases": ("releases",),
    "audit": ("audit", "--stage", "staging"),
    "audit of one release": ("audit", "--stage", "dev", "--release", "r1"),
    "the latest of an audit": ("audit", "--stage", "dev", "--limit", "1"),
    "plan": ("plan", "--stage", "staging"),
}


@pytest.fixture
def standing(desk: Desk) -> Desk:
    """Two releases are verified in dev, one in staging."""
    two_releases(desk)
    desk("--stage", "staging")
    return desk


@pytest.mark.parametrize("argv", QUESTIONS.values(), ids=QUESTIONS)
def test_a_snapshot_changes_no_answer(standing: Desk, argv: tuple[str, ...]) -> None:
    code, before = standing(*argv), (standing.out, standing.document(*argv))
    standing.bench.shop().keep_snapshot(few=1)

    assert (standing(*argv), (standing.out, standing.document(*argv))) == (code, before)
    standing("hold", "--reason", "freeze")  # an event after the snapshot
    later = standing.document(*argv)
    standing.bench.snapshots.state = None

    assert standing.document(*argv) == later


@pytest.mark.parametrize(
    ("argv", "attempts"),
    [
        ("status", 2),
        ("history --limit 1", 1),
        ("show", 1),
        ("why --stage prod", 1),
        ("audit --stage staging --limit 1", 2),
    ],
)
def test_only_what_is_shown_is_loaded(standing: Desk, argv: str, attempts: int) -> None:
    standing.bench.shop().keep_snapshot(few=1)
    assert len(standing.bench.shop().history().attempts) == 3

    standing(*argv.split())

    loaded = [name for name in standing.bench.snapshots.loaded if name.startswith("p")]
    assert len(loaded) == attempts, loaded


def test_a_promotion_goes_on_from_a_snapshot(standing: Desk) -> None:
    standing.bench.shop().keep_snapshot(few=1)
    rows = standing.bench.store.rows
    rows[0] = rows[1]  # an event that nobody needs any more

    assert standing("--stage", "prod") == 0
    assert standing.bench.shop().history().stage("prod").confirmed


def test_an_audit_lists_the_latest_and_one_release_oldest_first(standing: Desk) -> None:
    def audited(*argv: str) -> list[str]:
        return [entry["id"] for entry in standing.document("audit", "--stage", "dev", *argv)["entries"]]

    assert standing("--stage", "dev", "--release", "r1") == 0

    assert audited() == ["p1", "p2", "p4"]
    assert audited("--limit", "2") == ["p2", "p4"]
    assert audited("--release", "r1") == ["p1", "p4"]
    assert audited("--release", "r1", "--limit", "1") == ["p4"]
    assert standing("audit", "--release", "r9") == 2
