"""Where a release's code, config and Python are on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.core.errors import UsageProblem

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """What a child process needs: the code folder, the config folder, and the interpreter."""

    code: Path
    config: Path
    python: Path


FindHome = Callable[[str], Home]


def release_directory(site: Path, release: str) -> Path:
    """Where a release is materialised."""
    return site / "releases" / release


def released(site: Path, python_for: Callable[[Path], Path]) -> FindHome:
    """Finds the home of a materialised release; `python_for` gives the interpreter for a code folder."""

    def find(release: str) -> Home:
        directory = release_directory(site, release)
        if not directory.is_dir():
            raise UsageProblem(
                "the release's copy is not in this site",
                where=str(directory),
                why="it was pinned elsewhere, or the copy was removed",
                next_="check out its commit and promote to the first stage again",
            )
        return Home(directory / "code", directory / "config", python_for(directory / "code"))

    return find
