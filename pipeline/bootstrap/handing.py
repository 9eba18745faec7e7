"""What begins the promotions of webhooks: a process of `promote` in a clone that follows the code."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock

from pipeline.adapters.git import git, toplevel
from pipeline.core.errors import UsageProblem

_FETCH_S = 300.0  # a git that hangs would keep every later push waiting
_WAIT = "1h"  # for the lock of the stage, as a job of a pipeline would wait for its resource group


def require_clone(clone: Path) -> Path:
    """The root of a clone that may be moved to other commits. Raises UsageProblem.

    The code of this process may not be in it: it would be another one from one moment to the next.
    """
    root = toplevel(clone) if clone.is_dir() else None
    if root is None:
        raise UsageProblem("this is not a git checkout", where=str(clone), next=f"git clone URL {clone}")
    if Path(__file__).resolve().is_relative_to(root.resolve()):
        raise UsageProblem(
            "webhooks would change the code that this server runs",
            where=str(root),
            why="it is moved to the newest commit at each push",
            next="name another clone with --clone",
        )
    return root


class PromoteRuns:
    """Begins `promote` for candidates, one at a time. Its output is that of this process.

    `stage` says into which stage when one begins, and `environment` is what a promotion gets.
    """

    def __init__(
        self,
        site: Path,
        config: str | None,
        clone: Path,
        stage: Callable[[], str],
        environment: Mapping[str, str],
    ) -> None:
        self._site, self._clone, self._stage = site, clone, stage
        # The process runs in the clone, so a path of this one's directory would be another.
        self._config = str(Path(config).resolve()) if config and Path(config).exists() else config
        self._environment = environment
        self._lock = Lock()  # held while a process is started or told to stop
        self._process: subprocess.Popen[bytes] | None = None
        self._over = False

    def __call__(self, candidate: str) -> int:
        """Bring the clone to the newest code, promote the candidate, and return the exit code.

        A signal's number is added to 128, as a shell does. Raises UsageProblem if git fails, or gets nothing
        in five minutes.
        """
        git(self._clone, "fetch", "--quiet", "origin", "HEAD", within_s=_FETCH_S)
        git(self._clone, "checkout", "--quiet", "--detach", "FETCH_HEAD")
        argv = self._command(candidate, self._stage())
        with self._lock:
            if self._over:
                raise UsageProblem("the server stops", next="promote serve")
            # In a session of its own: Ctrl-C is for the server, which passes on that it stops.
            self._process = process = subprocess.Popen(
                argv, cwd=self._clone, env=self._environment, stdin=subprocess.DEVNULL, start_new_session=True
            )
        status = process.wait()
        return status if status >= 0 else 128 - status

    def stop(self) -> None:
        """Ask the promotion that runs to stop in an orderly, resumable way; begin no other."""
        with self._lock:
            self._over = True
            if self._process is not None:
                self._process.send_signal(signal.SIGTERM)  # does nothing to one that has ended

    def _command(self, candidate: str, stage: str) -> list[str]:
        # -P: the modules of this process, and not those of the clone.
        program = [sys.executable, "-P", "-m", "pipeline.cli"]
        config = ["--config", self._config] if self._config else []
        wanted = ["--stage", stage, "--candidate", candidate, "--wait", _WAIT]
        return [*program, *wanted, "--site", str(self._site), *config]
