"""Runs programs on this machine: argv in, output out, and errors that say what the program printed."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from stages.errors import ProgramFailed

LAST_LINES = 15


def mortal(argv: Sequence[str]) -> list[str]:
    """`argv` as a process that is killed when the thread that started it ends: no engine, no effects."""
    return ["setpriv", "--pdeathsig", "KILL", "--", *argv]


def run(
    argv: Sequence[str],
    *,
    text: str | None = None,
    within: float = 120.0,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run `argv` to its end; return its stdout.

    `within` is in seconds. Raises ProgramFailed if it exits non-zero, takes longer, or is not installed.
    """
    done = _ended(argv, text, within, environment)
    if done.returncode != 0:
        raise _failed(argv, done)
    return done.stdout


def succeeds(argv: Sequence[str], *, within: float = 30.0) -> bool:
    """Whether `argv` exits 0 in time. For attempts that may fail for any reason."""
    try:
        run(argv, within=within)
    except ProgramFailed:
        return False
    return True


def affirms(argv: Sequence[str]) -> bool:
    """The answer of a program that exits 0 for yes and 1 for no.

    Raises ProgramFailed if it answers neither: a program that failed or timed out has not said no.
    """
    done = _ended(argv, None, 120.0, None)
    if done.returncode not in (0, 1):
        raise _failed(argv, done)
    return done.returncode == 0


def _ended(
    argv: Sequence[str], text: str | None, within: float, environment: Mapping[str, str] | None
) -> subprocess.CompletedProcess[str]:
    search = os.environ if environment is None else environment
    if shutil.which(argv[0], path=search.get("PATH")) is None:
        raise ProgramFailed(
            f"{argv[0]} is not on this machine",
            why="the set-up has not been run on this machine",
            next="make setup",
        )
    try:
        return subprocess.run(
            mortal(argv),
            input=text,
            capture_output=True,
            text=True,
            timeout=within,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ProgramFailed(
            f"{shlex.join(argv)} took longer than {within:.0f} s", why="it was ended", next="promote doctor"
        ) from error


def _failed(argv: Sequence[str], done: subprocess.CompletedProcess[str]) -> ProgramFailed:
    lines = (done.stderr or done.stdout).strip().splitlines()[-LAST_LINES:]
    return ProgramFailed(
        f"{shlex.join(argv)} exited {done.returncode}",
        why="\n".join(lines) or "no output",
        next="promote doctor",
    )
