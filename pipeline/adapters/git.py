"""Calls of git: trees and their digests, uncommitted changes, clones, extracted commits."""

import hashlib
import io
import os
import re
import shlex
import subprocess
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.core.errors import UsageProblem

_NO_WORK_TREE = ("not a git repository", "must be run in a work tree")
_CACHES = frozenset({".git", "__pycache__"})
_CREDENTIALS = re.compile(r"//[^/@\s]*@")


def git(repository: Path, *arguments: str) -> bytes:
    """Run `git -C repository ...` and return its output. Raises UsageProblem with git's last error line."""
    done = _run(repository, *arguments)
    if done.returncode != 0:
        command = shlex.join(["git", "-C", str(repository), *arguments])
        raise UsageProblem(
            f"git {arguments[0]} failed", where=str(repository), why=_last_words(done), next=command
        )
    return done.stdout


def toplevel(directory: Path) -> Path | None:
    """The root of the work tree that `directory` is in, or None.

    Raises UsageProblem when git refuses to say, for example because another user owns the directory.
    """
    done = _run(directory, "rev-parse", "--show-toplevel")
    if done.returncode == 0:
        found = done.stdout.decode().strip()
        return type(directory)(found) if found else None
    why = _last_words(done)
    if any(known in why for known in _NO_WORK_TREE):
        return None
    raise UsageProblem(
        "git refuses to look at this directory",
        where=str(directory),
        why=why,
        next=f"git -C {shlex.quote(str(directory))} status",
    )


def clone(address: str, into: Path) -> Path:
    """Make a bare clone. Raises UsageProblem with git's last error line, without the credentials in it."""
    done = _run(into.parent, "clone", "--quiet", "--bare", "--", address, str(into))
    if done.returncode != 0:
        shown = _CREDENTIALS.sub("//", address)
        raise UsageProblem(
            "the config repository could not be cloned",
            where=shown,
            why=_CREDENTIALS.sub("//", _last_words(done)),
            next=f"git ls-remote {shlex.quote(shown)}",
        )
    return into


def _run(repository: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    argv = ["git", "-C", str(repository), *arguments]
    spoken = {**os.environ, "LC_ALL": "C"}  # git's messages are parsed
    try:
        return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=spoken)
    except FileNotFoundError as problem:
        raise UsageProblem("git is not installed", next="apt-get install git") from problem


def _last_words(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    said = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return (said or lines or [f"exit {done.returncode}"])[-1].strip()


def commit_of(repository: Path, revision: str) -> str:
    """The full commit id of a revision. Raises UsageProblem when there is none."""
    done = _run(repository, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if done.returncode != 0:
        raise UsageProblem(
            f"there is no revision {revision!r}",
            where=str(repository),
            why=_last_words(done) if done.stderr.strip() else "",
            next=f"git -C {shlex.quote(str(repository))} log --all --oneline",
        )
    return done.stdout.decode().strip()


def tree(repository: Path, revision: str) -> Sequence[str]:
    """The lines of `git ls-tree -r`: mode, type, object id, tab, path."""
    output = git(repository, "ls-tree", "-r", "-z", "--full-tree", revision)
    return tuple(line.decode() for line in output.split(b"\0") if line)


def digest_of_tree(lines: Iterable[str]) -> str:
    """The sha256, in hex, over the sorted lines."""
    return hashlib.sha256("".join(f"{line}\n" for line in sorted(lines)).encode()).hexdigest()


def tree_of_directory(directory: Path, *, links: bool = False) -> Sequence[str]:
    """The lines that `tree` would return for these files, so that equal files have equal digests.

    Symbolic links are followed or, with `links`, recorded as in git. `.git` and `__pycache__` are skipped.
    """
    lines = []
    for path in sorted(directory.rglob("*")):
        if not _CACHES.isdisjoint(path.relative_to(directory).parts):
            continue
        if links and path.is_symlink():
            mode, data = "120000", os.fsencode(path.readlink())
        elif path.is_file():
            mode, data = "100755" if path.stat().st_mode & 0o100 else "100644", path.read_bytes()
        else:
            continue
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        lines.append(f"{mode} blob {blob}\t{path.relative_to(directory)}")
    return tuple(lines)


def dirty_files(repository: Path) -> Sequence[str]:
    """Changed tracked files, and untracked ones that are not ignored, as `git status --short` lists them."""
    output = git(repository, "status", "--porcelain", "-z", "--untracked-files=all")
    return tuple(entry.decode() for entry in output.split(b"\0") if entry)


def extract(repository: Path, commit: str, into: Path, *pathspecs: str) -> None:
    """Extract the files of a commit into a new directory."""
    into.mkdir(parents=True)
    if not tree(repository, commit):
        return
    archive = git(repository, "archive", "--format=tar", commit, "--", *pathspecs)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(into, filter="data")
