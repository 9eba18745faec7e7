"""`python -m stages.machine.schema_review FROM TO`: find what the migrations between two releases do.

It installs the projects' packages of both locks into a temporary folder, reads their migration scripts, and
writes stages/machine/images/reviews/FROM-TO.toml; what a person wrote there before is kept. Exit status 0:
everything is reviewed; 1: something is not, as printed; 2: it could not be done.
"""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from stages.errors import StagesError, UnknownOpenStack
from stages.machine.images import releases, reviews
from stages.machine.running import run
from stages.machine.schema_review import comparing, review_file
from stages.machine.schema_review.comparing import Both
from stages.machine.schema_review.scripts import PLACES, migrations
from stages.openstack.review import Review, problems

WITHIN = 600.0  # seconds for the download


def main() -> int:
    """Make or renew the review of one step. Returns the exit status."""
    if len(sys.argv) != len(("program", "from", "to")):
        sys.stderr.write("usage: python -m stages.machine.schema_review FROM TO, such as 2025.2 2026.1\n")
        return 2
    before, after = sys.argv[1:]
    try:
        locks = {release: _lock(release) for release in (before, after)}
        with tempfile.TemporaryDirectory() as folder:
            at = {release: _installed(lock, Path(folder, release)) for release, lock in locks.items()}
            made = review(before, after, at)
    except StagesError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    left = problems(made, releases.read().locked)
    review_file.write(made, reviews.FOLDER)
    count = sum(len(script.operations) for script in made.scripts)
    sys.stdout.write(
        f"{made.file}: {len(made.scripts)} new scripts, {count} operations that do not only add\n"
    )
    for problem in left:
        sys.stdout.write(f"{problem.what} (next: {problem.next})\n")
    return 1 if left else 0


def review(before: str, after: str, packages: Mapping[str, Path], folder: Path = reviews.FOLDER) -> Review:
    """The review of a step, from the packages of both releases; `folder` has what was written before."""
    each = [
        Both(place, migrations(packages[before], place), migrations(packages[after], place))
        for place in PLACES
    ]
    locked = releases.read().locked
    made = Review(
        before,
        after,
        {release: locked[release] for release in (before, after)},
        tuple(script for both in each for script in comparing.scripts(both)),
        {both.place.schema: comparing.heads_of(both) for both in each},
    )
    kept = [one for one in reviews.read(folder) if (one.before, one.after) == (before, after)]
    return comparing.merged(made, kept[0] if kept else None)


def _lock(release: str) -> Path:
    lock = releases.lock_of(release)
    if not lock.is_file():
        raise UnknownOpenStack(
            f"there is no lock for OpenStack {release}",
            where=str(lock),
            why="migrations are read from the versions that a release locks",
            next="add it to stages/machine/images/releases.toml, then: stages/machine/images/lock.sh",
        )
    return lock


def _installed(lock: Path, into: Path) -> Path:
    """The projects' packages of a release's lock, without what they depend on."""
    into.mkdir()
    wanted = into.parent / f"{into.name}.txt"
    wanted.write_text(releases.projects_only(lock.read_text()))
    uv = Path(sys.executable).with_name("uv")
    argv = [str(uv), "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--no-compile"]
    place = ["--python", sys.executable, "--target", str(into), "--requirement", str(wanted)]
    run([*argv, *place], within=WITHIN, environment={**os.environ, "UV_SYSTEM_CERTS": "true"})
    return into


if __name__ == "__main__":
    sys.exit(main())
