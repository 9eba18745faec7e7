"""The beginning of a config repository: its first files, and its first commit."""

import shlex
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.adapters.git import commit_of, git
from pipeline.adapters.trees import files_in
from pipeline.core.errors import UsageProblem

BESIDE = "setup/config-repository"
_MESSAGE = "The config begins as the example of the code"
_WHO = "git config --global --get-regexp user, and set user.name or user.email if it is missing"


class CheckoutBeginnings:
    """The Beginnings port. `config` is the checkout's example, `beside` what its repository has besides."""

    def __init__(self, config: Path, beside: Path) -> None:
        self._folders = (config, beside)

    def example(self) -> Mapping[str, bytes]:
        """The files of both folders. Raises UsageProblem if one is missing, or a file can't be read."""
        found: dict[str, bytes] = {}
        for folder in self._folders:
            try:
                paths = sorted(files_in(folder))
                found |= {str(path.relative_to(folder)): path.read_bytes() for path in paths}
            except OSError as problem:
                raise UsageProblem(
                    "this checkout has no example of a config repository",
                    where=str(folder),
                    why=str(problem),
                    next="git status, in a checkout of the code",
                ) from problem
        return found

    def begin(self, directory: Path, files: Mapping[str, bytes]) -> str:
        """Make all beside the directory, and rename it at the end, so that a refusal leaves nothing."""
        final = directory.absolute()
        if final.exists() and (not final.is_dir() or any(final.iterdir())):
            raise UsageProblem(
                "this folder is not empty; nothing was written",
                where=str(directory),
                why="a config repository begins in a new folder",
                next="promote init config DIR --code GROUP/PROJECT, with another DIR",
            )
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".new-", dir=final.parent) as name:
                work = Path(name) / final.name
                commit = _committed(work, files)
                work.rename(final)
        except OSError as problem:
            raise _unwritable(directory, problem) from problem
        except UsageProblem as problem:
            # The folder that git names is gone by now; a new one lacks nothing but who commits.
            raise UsageProblem(problem.what, where=str(directory), why=problem.why, next=_WHO) from problem
        return commit

    def renew(self, directory: Path, files: Mapping[str, bytes]) -> Sequence[str]:
        """Write the files that differ from what is there."""
        if not directory.is_dir():
            raise UsageProblem(
                "there is no such folder",
                where=str(directory),
                next=f"promote init config {shlex.quote(str(directory))} --code GROUP/PROJECT",
            )
        try:
            changed = {name: data for name, data in files.items() if _data(directory / name) != data}
            _write(directory, changed)
        except OSError as problem:
            raise _unwritable(directory, problem) from problem
        return tuple(changed)


def _committed(work: Path, files: Mapping[str, bytes]) -> str:
    work.mkdir()
    _write(work, files)
    git(work, "init", "--quiet", "--initial-branch=main", "--object-format=sha1")
    git(work, "add", "--all", "--force")
    git(work, "commit", "--quiet", "--message", _MESSAGE)
    return commit_of(work, "HEAD")


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _data(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _unwritable(directory: Path, problem: OSError) -> UsageProblem:
    return UsageProblem(
        "the config can't be written there",
        where=str(directory),
        why=problem.strerror or str(problem),
        next=f"ls -ld {shlex.quote(str(directory.absolute().parent))}",
    )
