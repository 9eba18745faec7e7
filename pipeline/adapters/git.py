"""Asking git: what a tree holds, what is dirty, what lies between two commits."""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from typing import TYPE_CHECKING

from pipeline.core.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def git(repository: Path, *arguments: str) -> bytes:
    """What `git -C repository ...` prints. Raises UsageProblem with git's own last line."""
    argv = ["git", "-C", str(repository), *arguments]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.decode(errors="replace").strip().splitlines() or [f"exit {done.returncode}"])[-1]
        raise UsageProblem(f"git {arguments[0]} failed", where=str(repository), why=last)
    return done.stdout


def toplevel(directory: Path) -> Path | None:
    """The root of the work tree that `directory` is in, or None."""
    argv = ["git", "-C", str(directory), "rev-parse", "--show-toplevel"]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return type(directory)(done.stdout.strip()) if done.returncode == 0 and done.stdout.strip() else None


def commit_of(repository: Path, revision: str) -> str:
    """The full commit id of a revision."""
    return git(repository, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").decode().strip()


def tree(repository: Path, revision: str) -> Sequence[str]:
    """The lines of `git ls-tree -r`: mode, type, object id, tab, path."""
    output = git(repository, "ls-tree", "-r", "-z", "--full-tree", revision)
    return tuple(line.decode() for line in output.split(b"\0") if line)


def digest_of_tree(lines: Iterable[str]) -> str:
    """The sha256, in hex, over the sorted lines."""
    return hashlib.sha256("".join(f"{line}\n" for line in sorted(lines)).encode()).hexdigest()


def tree_of_directory(directory: Path) -> Sequence[str]:
    """The same lines for files that no repository holds, so that equal files have equal digests."""
    lines = []
    for path in sorted(directory.rglob("*")):
        if path.is_file() and ".git" not in path.relative_to(directory).parts:
            data = path.read_bytes()
            blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
            mode = "100755" if path.stat().st_mode & 0o100 else "100644"
            lines.append(f"{mode} blob {blob}\t{path.relative_to(directory)}")
    return tuple(lines)


def dirty_files(repository: Path) -> Sequence[str]:
    """Changed tracked files and untracked ones that are not ignored, as `git status --short` names them."""
    output = git(repository, "status", "--porcelain", "-z", "--untracked-files=all")
    return tuple(entry.decode() for entry in output.split(b"\0") if entry)


def extract(repository: Path, commit: str, into: Path, *pathspecs: str) -> None:
    """Put the files of a commit into a new directory."""
    into.mkdir(parents=True)
    if not tree(repository, commit):
        return
    archive = git(repository, "archive", "--format=tar", commit, "--", *pathspecs)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(into, filter="data")
