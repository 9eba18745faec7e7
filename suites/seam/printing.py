"""What a program of target.json prints: a secret that only the code of stages can read."""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

from suites.errors import NotMeasured

CODE = Path(__file__).resolve().parents[2]
# A store may be asked four times, and one of these three times, each with 10 s of patience, and Python starts
# slowly on a full machine.
PROGRAM_WITHIN_S = 90.0
# The exit status of a program whose value may be there later (EX_TEMPFAIL of sysexits.h).
LATER = 75
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, slots=True)
class _Missing:
    """Why there is no value, and whether there may be one later."""

    why: str
    later: bool


def printed(program: tuple[str, ...]) -> str:
    """Return what a program prints. It runs once in this process, however it ends, in this code's folder.

    Raises LookupError with what it says if it prints nothing, and NotMeasured if it may print it later: a
    store that is away says nothing about the stage.
    """
    with _ONE_AT_A_TIME:  # clients start in several threads
        found = _asked(program)
    if isinstance(found, str):
        return found
    if found.later:
        raise NotMeasured("a secret of the target can't be read for now", where=program[-1], why=found.why)
    raise LookupError(f"{program[-1]}: {found.why}")


@cache
def _asked(program: tuple[str, ...]) -> str | _Missing:
    try:
        done = subprocess.run(
            program,
            capture_output=True,
            text=True,
            cwd=CODE,
            env={**os.environ, "PYTHONPATH": str(CODE), "PYTHONDONTWRITEBYTECODE": "1"},
            timeout=PROGRAM_WITHIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _Missing(f"the program of target.json did not end within {PROGRAM_WITHIN_S:g} s", later=True)
    except OSError as error:
        return _Missing(f"the program of target.json failed: {type(error).__name__}", later=False)
    if done.returncode != 0 or not done.stdout:
        told = done.stderr.strip().splitlines()
        return _Missing(told[-1] if told else "there is no value", later=done.returncode == LATER)
    sys.stderr.write(done.stderr)  # such as what it had to try again: into the log of the gate
    return done.stdout
