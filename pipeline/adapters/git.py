"""Calls of git: its output, and its refusals as errors."""

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.adapters.surroundings import inherited_by_git
from pipeline.core.credentials import without_credentials
from pipeline.core.errors import UsageProblem

_NO_WORK_TREE = ("not a git repository", "must be run in a work tree")
_NOTHING: Mapping[str, str] = {}


def git(
    repository: Path,
    *arguments: str,
    given: bytes = b"",
    variables: Mapping[str, str] = _NOTHING,
    within_s: float | None = None,
) -> bytes:
    """Run `git -C repository ...` with `given` on stdin; return its output.

    Raises UsageProblem with git's last error line; also for one that has not ended after `within_s`
    seconds, which is killed then.
    """
    command = shlex.join(["git", "-C", str(repository), *arguments])
    try:
        done = _run(repository, *arguments, given=given, variables=variables, within_s=within_s)
    except subprocess.TimeoutExpired:
        why = f"it had not ended after {within_s:g} s"
        raise UsageProblem(
            f"git {arguments[0]} failed", where=str(repository), why=why, next=command
        ) from None
    if done.returncode != 0:
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
        found = os.fsdecode(done.stdout.removesuffix(b"\n"))
        return Path(found) if found else None
    why = _last_words(done)
    if any(known in why for known in _NO_WORK_TREE):
        return None
    raise UsageProblem(
        "git refuses to look at this directory",
        where=str(directory),
        why=why,
        next=f"git -C {shlex.quote(str(directory))} status",
    )


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


def dirty_files(repository: Path) -> Sequence[str]:
    """Changed tracked files, and untracked ones that are not ignored, as `git status --short` lists them."""
    output = git(repository, "status", "--porcelain", "-z", "--untracked-files=all")
    return tuple(entry.decode(errors="backslashreplace") for entry in output.split(b"\0") if entry)


def _run(
    repository: Path,
    *arguments: str,
    given: bytes = b"",
    variables: Mapping[str, str] = _NOTHING,
    within_s: float | None = None,
) -> subprocess.CompletedProcess[bytes]:
    argv = ["git", "-C", str(repository), *arguments]
    # git's messages are parsed, and a commit is what its id says, whatever replaces it in this clone.
    ours = {"LC_ALL": "C", "GIT_NO_REPLACE_OBJECTS": "1"}
    environment = {**inherited_by_git(os.environ), **ours, **variables}
    try:
        return subprocess.run(
            argv, input=given, capture_output=True, check=False, env=environment, timeout=within_s
        )
    except FileNotFoundError as problem:
        raise UsageProblem(
            "git is not installed",
            why=f"no folder of PATH has it: {os.environ.get('PATH', '')}",
            next="apt-get install git",
        ) from problem


def _last_words(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    said = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return without_credentials((said or lines or [f"exit {done.returncode}"])[-1].strip())
