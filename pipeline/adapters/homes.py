"""Where a release's code, config and Python are on this machine."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline.adapters.bytecode import bytecode_folder
from pipeline.adapters.trees import digest_of_tree, tree_of_directory
from pipeline.core.errors import UsageProblem
from pipeline.core.release import release_id


@dataclass(frozen=True, slots=True)
class Home:
    """What a child process needs: the code folder, the config folder, and the interpreter.

    `bytecode` is where compiled Python is; None for a checkout, which has it beside the source.
    """

    code: Path
    config: Path
    python: Path
    bytecode: Path | None = None


FindHome = Callable[[str], Home]
# Brings the copy of this release into the site, if it is kept elsewhere.
Bring = Callable[[str], None]


def nowhere(_release: str) -> None:
    """Of a site that keeps its copies nowhere else."""


def release_directory(site: Path, release: str) -> Path:
    """Where a release is materialised."""
    return site / "releases" / release


def existing_copy(site: Path, release: str, bring: Bring = nowhere) -> Path:
    """Where a release is materialised, perhaps by `bring`. Raises UsageProblem if it is not (any more)."""
    directory = release_directory(site, release)
    if not directory.is_dir():
        bring(release)
    if not directory.is_dir():
        raise UsageProblem(
            "the release's copy is not in this site",
            where=str(directory),
            why="it was pinned in another site, or the copy was removed, as `promote prune` does",
            next="check out its commit, with the same --config if it had one, and run: promote pin",
        )
    return directory


def released(site: Path, python_for: Callable[[Path], Path], bring: Bring = nowhere) -> FindHome:
    """Return a function that finds a materialised release; `python_for` finds a code folder's interpreter.

    `bring` is called for a copy that is not there. The first use of a release checks that its copy still
    matches its digests.
    """
    unchanged: set[str] = set()

    def find(release: str) -> Home:
        directory = existing_copy(site, release, bring)
        if release not in unchanged:
            _require_unchanged(directory, release)
            unchanged.add(release)
        code = directory / "code"
        return Home(code, directory / "config", python_for(code), bytecode_folder(site))

    return find


def id_of_copy(directory: Path) -> str:
    """The id of the release that this is a copy of. Raises OSError for what cannot be read."""
    code, config = (
        digest_of_tree(tree_of_directory(directory / name, links=True)) for name in ("code", "config")
    )
    return release_id(code, config)


def _require_unchanged(directory: Path, release: str) -> None:
    try:
        found = id_of_copy(directory)
        why = "a file in it was changed, added or removed, so what was verified is not what would run"
    except OSError as problem:
        found, why = "", str(problem)
    if found != release:
        raise UsageProblem(
            "the release's copy differs from what was pinned",
            where=str(directory),
            why=why,
            next=f"rm -r {shlex.quote(str(directory))}, then promote its commit to the first stage again",
        )
