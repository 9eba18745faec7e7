"""What makes plans for who looks at the board: a process of `promote plan`, as a person would type it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from pipeline.core.errors import ChildCrashed, NotEligible, TryAgain

_ORDERLY_S = 15.0
_WITHIN_S = 600.0  # a first plan of a release makes its environment, too


class PlanRuns:
    """Makes one plan after the other; what the process tells meanwhile is told by this one.

    `environment` is that of the process.
    """

    def __init__(self, site: Path, environment: Mapping[str, str], within_s: float = _WITHIN_S) -> None:
        self._site, self._environment, self._within_s = site, environment, within_s
        self._lock = Lock()  # held while a process is started or told to stop
        self._process: subprocess.Popen[bytes] | None = None
        self._over = False

    def __call__(self, release: str, stage: str) -> Mapping[str, Any]:
        """The document of the plan, also of one that may not go.

        Raises NotEligible with the error that the process tells, ChildCrashed if it tells none, and TryAgain
        after ten minutes, or if the server stops.
        """
        with self._lock:
            if self._over:
                raise TryAgain("the server stops", next="promote serve")
            self._process = process = subprocess.Popen(
                self._command(release, stage),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the server, which passes on that it stops
            )
        try:
            out, _ = process.communicate(timeout=self._within_s)
        except subprocess.TimeoutExpired:
            _end(process)
            raise TryAgain(
                f"no plan was made within {self._within_s:g} s", next=f"promote plan --stage {stage}"
            ) from None
        return _document(out, process.returncode, f"promote plan --stage {stage} --release {release[:12]}")

    def stop(self) -> None:
        """End the process that runs; begin no other."""
        with self._lock:
            self._over = True
            if self._process is not None:
                self._process.terminate()  # does nothing to one that has ended

    def _command(self, release: str, stage: str) -> Sequence[str]:
        # -P: the modules of this process, and not those of the folder that it is in.
        program = [sys.executable, "-P", "-m", "pipeline.cli"]
        return [
            *program,
            "-o",
            "json",
            "plan",
            "--stage",
            stage,
            "--release",
            release,
            "--site",
            str(self._site),
        ]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it in its own order, or with all that it has begun: who holds its output would be waited for."""
    process.terminate()
    try:
        process.communicate(timeout=_ORDERLY_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _document(out: bytes, status: int, command: str) -> Mapping[str, Any]:
    try:
        found = json.loads(out)
        error = found.get("error")
    except (ValueError, AttributeError):
        why = f"it ended with status {status} and without a document"
        raise ChildCrashed("the plan could not be made", why=why, next=command) from None
    if error is None:
        return dict(found)
    facts = {key: str(error.get(key, "")) for key in ("where", "why", "next")}
    raise NotEligible(str(error.get("what", "the plan could not be made")), **facts)
