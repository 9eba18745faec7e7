"""A release whose code is older than the engine: promoted, and what a stage goes back to. On the real lab."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from checkout import REPOSITORY, Checkout, run_program

pytestmark = pytest.mark.prove

# The last code before its modules moved: other rooms, the same seams.
OLDER = "b95822cc"
SUITE = "suites/components/galera/test_smoke.py"
RED = "\n\ndef test_nothing_is_good_enough(target: Target) -> None:\n    assert not target.hosts\n"


@pytest.fixture
def older(holder_of_the_image: None) -> Iterator[Checkout]:  # noqa: ARG001 - of the image it takes over
    """A clone at the older code, in the small shape."""
    with closing(Checkout("older").fresh().on(OLDER).small().with_smoke_alone()) as checkout:
        yield checkout


def test_a_stage_goes_back_from_today_to_a_release_of_older_code(older: Checkout) -> None:
    older.promote("--stage", "dev", expect=0)
    newest = run_program("git", "rev-parse", "HEAD", cwd=REPOSITORY).out.strip()
    assert newest
    older.on(newest).small().with_smoke_alone()
    suite = older.path / SUITE
    suite.write_text(suite.read_text() + RED)
    older.commit("A check that no stage passes")
    older.promote("--stage", "dev", expect=3)
    verified, failed, back = older.history()
    assert verified["release"] != failed["release"]
    assert (failed["outcome"], back["outcome"]) == ("failed", "rolled_back")
    assert back["release"] == verified["release"]
    assert not any(
        older.promote("show", one["id"], "-o", "json", expect=0).document["attempt"]["retries"]
        for one in older.history()
    )
