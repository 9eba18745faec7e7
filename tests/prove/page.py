"""docs/performance.md: a chapter for each test that measures, told with its commit and its machine."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime

from checkout import REPOSITORY

# Looked up before anything is measured: clones are made then, and work may go on here meanwhile.
COMMIT = subprocess.run(
    ("git", "rev-parse", "--short=12", "HEAD"), cwd=REPOSITORY, capture_output=True, text=True, check=True
).stdout.strip()
PAGE = REPOSITORY / "docs" / "performance.md"
TITLE = """# Performance

Written by `make prove`, a chapter a test. The machines are shared with others: trust the proportions
more than the seconds.

All of it takes a day. Each file of tests is a process of its own. One that has passed is left out for as long
as nothing is committed but in docs/, so the same call goes on where the last one was stopped (to measure
again, remove evidence/prove). One file alone: `make prove PROOFS=tests/prove/test_storm.py`, and of it one
test: `.venv/bin/pytest -m prove tests/prove/test_storm.py -k lost`. For a quick look at what is done "20
times", set `STAGEGATE_PROVE_ROUNDS=2`: it has a chapter of its own.
"""


def rounds(whole: int) -> int:
    """How often to do what is done `whole` times; fewer for a quick look: STAGEGATE_PROVE_ROUNDS=2.

    Titles of chapters have the number, so that a quick look replaces no figures of the whole.
    """
    return min(whole, int(os.environ.get("STAGEGATE_PROVE_ROUNDS", whole)))


def write_chapter(title: str, *sections: str, commit: str = COMMIT) -> None:
    """Put a chapter into the page, in the place of the one of this title or at the end."""
    chapter = "\n".join([f"## {title}", "", measured_on(commit), "", *sections]).rstrip("\n")
    page = PAGE.read_text() if PAGE.exists() else TITLE
    others = re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]
    chapters = {other.splitlines()[0].removeprefix("## "): other.rstrip("\n") for other in others}
    PAGE.write_text("\n\n".join([TITLE.rstrip("\n"), *(chapters | {title: chapter}).values()]) + "\n")


def measured_on(commit: str) -> str:
    """The commit, the day and the machine, as a sentence."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    machine = f"{os.cpu_count()} cores, {memory} GiB of memory, Linux {platform.release()}"
    return f"Measured on {datetime.now(UTC):%Y-%m-%d}, at commit `{commit}`, on a machine with {machine}."


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table, followed by an empty line."""
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"
