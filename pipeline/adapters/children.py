"""Child processes in sessions of their own, so that a Ctrl-C reaches only us and we decide."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import IO

_OURS = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONSTARTUP")


class Children:
    """The processes that run for us now; all of them can be killed from a signal handler."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.RLock()

    @contextlib.contextmanager
    def running(
        self, argv: Sequence[str], *, cwd: Path, code: Path, stderr: int | IO[bytes]
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A child with pipes on stdin and stdout, importing from `code`.

        Its whole group is gone afterwards.
        """
        with subprocess.Popen(
            argv,
            cwd=cwd,
            env=child_environment(code),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        ) as process:
            with self._lock:
                self._running.add(process)
            try:
                yield process
            finally:
                with self._lock:
                    self._running.discard(process)
                signal_group(process.pid, signal.SIGKILL)

    def kill_all(self) -> None:
        """Kill every process group now."""
        with self._lock:
            for process in tuple(self._running):
                signal_group(process.pid, signal.SIGKILL)


def child_environment(code: Path) -> Mapping[str, str]:
    """Our environment, proxies and CA files included, with Python looking only into `code`."""
    kept = {name: value for name, value in os.environ.items() if name not in _OURS}
    return {**kept, "PYTHONPATH": str(code), "PYTHONNOUSERSITE": "1", "PYTHONUNBUFFERED": "1"}


def signal_group(group: int, number: int) -> None:
    """Send a signal to a process group, if there is one left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
