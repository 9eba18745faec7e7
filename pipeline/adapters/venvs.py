"""The virtual environment of a release (venv), cached by the digest of its lock and the Python version.

A venv cannot be moved, so it is built in its final place and stamped when it is complete; one without
a stamp is rebuilt. A lock file lets one process build while others wait.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pipeline.adapters.file_lock import locked
from pipeline.adapters.surroundings import inherited, search_path
from pipeline.core.errors import TryAgain, UsageProblem

_STAMP = ".complete"
_LOCK = Path("requirements/runtime.txt")
_LAST = 5


class Venvs:
    """The virtual environments in `<site>/environments`. `told` receives a message when one is built."""

    def __init__(self, site: Path, told: Callable[[str], None]) -> None:
        self._directory = site / "environments"
        self._told = told

    def python_for(self, code: Path) -> Path:
        """The interpreter for the code's `requirements/runtime.txt`; builds the environment if necessary.

        Raises UsageProblem without a lock or uv, TryAgain when the environment could not be built.
        """
        lock = lock_of(code)
        if not lock.is_file():
            raise UsageProblem("the release has no lock of its Python packages", where=str(lock))
        place = self._directory / venv_name(lock.read_bytes(), platform.python_version())
        with locked(environment_lock(place)):
            if not (place / _STAMP).exists():
                self._build(place, lock)
        return place / "bin" / "python"

    def _build(self, place: Path, lock: Path) -> None:
        self._told(f"building the virtual environment {place.name} of the release's requirements")
        if place.exists():
            shutil.rmtree(place)
        uv = _find_uv()
        base = getattr(sys, "_base_executable", sys.executable)
        _run([uv, "venv", "--quiet", "--no-project", "--python", base, str(place)])
        hashes = ["--require-hashes"] if "--hash=" in lock.read_text() else []
        _run([uv, "pip", "sync", "--quiet", *hashes, "--python", str(place / "bin" / "python"), str(lock)])
        (place / _STAMP).touch()


def lock_of(code: Path) -> Path:
    """Where a release's code has the lock of its Python packages, if it has one."""
    return code / _LOCK


def environment_lock(place: Path) -> Path:
    """The lock file under which an environment is built and removed."""
    return place.with_name(f".{place.name}.lock")


def forget(place: Path) -> None:
    """Take an environment's stamp, so that it is not used before it has been built again."""
    (place / _STAMP).unlink(missing_ok=True)


def venv_name(lock: bytes, python: str) -> str:
    """The name for a lock and a Python version: 16 hex digits."""
    return hashlib.sha256(lock + b"\0" + python.encode()).hexdigest()[:16]


def _find_uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    found = (
        str(beside)
        if os.access(beside, os.X_OK)
        else shutil.which("uv", path=search_path(os.environ.get("PATH", "")))
    )
    if found is None:
        raise UsageProblem("uv is needed to build a release's virtual environment", next="make setup")
    return found


def _run(argv: list[str]) -> None:
    # The machine's own certificates, which include those of a company's proxy.
    variables = {"UV_SYSTEM_CERTS": "true", **inherited(os.environ)}
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, env=variables
    )
    if done.returncode != 0:
        last = " | ".join(done.stderr.strip().splitlines()[-_LAST:])
        raise TryAgain(
            "the virtual environment of the release could not be built",
            why=last,
            next="the same command again",
        )
