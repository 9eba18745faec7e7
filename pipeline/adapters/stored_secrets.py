"""Secrets that only `stages` reads, such as `vault:MOUNT/PATH#KEY`: its program prints the value of one."""

import subprocess
import sys
from collections.abc import Mapping

from pipeline.core.errors import TryAgain

KINDS = ("vault:",)
_PROGRAM = "stages.machine.secret_stores"
_LATER = 75  # the status if there may be a value later
_WITHIN_S = 120.0  # more than its own tries take


def stored(reference: str, environment: Mapping[str, str], within_s: float = _WITHIN_S) -> str:
    """The secret. Raises ValueError, with the reason, if there is none, and TryAgain if there may be later.

    The program gets the environment, which says where the store is and what proves who asks.
    """
    argv = (sys.executable, "-P", "-m", _PROGRAM, reference)
    try:
        found = subprocess.run(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _later(reference, f"there was no answer within {within_s:g} s") from None
    why = found.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"status {found.returncode}"]
    if found.returncode == _LATER:
        raise _later(reference, why[0])
    value = found.stdout.decode(errors="replace")
    if found.returncode or not value.strip() or not value.isprintable():
        raise ValueError(why[0] if found.returncode else f"{reference} has no value that could be sent")
    return value


def _later(reference: str, why: str) -> TryAgain:
    return TryAgain("a secret cannot be read now", where=reference, why=why, next="the same command again")
