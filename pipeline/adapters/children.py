"""Child processes in sessions of their own, so that a Ctrl-C reaches only us and we decide."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

# Without a cache of bytecode every child compiles all that it imports: half of the time it takes to start.
_OURS = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONSTARTUP", "PYTHONDONTWRITEBYTECODE")


class Children:
    """The processes that run for us now; all of them can be killed from a signal handler."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.RLock()
        # Linux ties a child that wants to die with its parent to the thread that started it, so all are
        # started by one thread that lives as long as we do.
        self._parent = ThreadPoolExecutor(max_workers=1, thread_name_prefix="parent")

    def start(
        self, argv: Sequence[str], *, cwd: Path, code: Path, stderr: int | IO[bytes]
    ) -> subprocess.Popen[bytes]:
        """A child with pipes on stdin and stdout, importing from `code`. Ended with `end`."""
        return self._parent.submit(self._start, argv, cwd, code, stderr).result()

    def end(self, process: subprocess.Popen[bytes]) -> int:
        """Kill what is left of the child's group; its exit status, negative for a signal."""
        signal_group(process.pid, signal.SIGKILL)
        status = process.wait()
        with self._lock:
            self._running.discard(process)
        return status

    @contextlib.contextmanager
    def running(
        self, argv: Sequence[str], *, cwd: Path, code: Path, stderr: int | IO[bytes]
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A child as `start` gives it. Its whole group is gone afterwards."""
        process = self.start(argv, cwd=cwd, code=code, stderr=stderr)
        try:
            yield process
        finally:
            self.end(process)
            close_pipes(process)

    def kill_all(self) -> None:
        """Kill every process group now."""
        with self._lock:
            for process in tuple(self._running):
                signal_group(process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End whatever still runs; nothing can be started any more."""
        with self._lock:
            left = tuple(self._running)
        for process in left:
            self.end(process)
        self._parent.shutdown()

    def _start(
        self, argv: Sequence[str], cwd: Path, code: Path, stderr: int | IO[bytes]
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            env=child_environment(code),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,
        )
        with self._lock:
            self._running.add(process)
        return process


def child_environment(code: Path) -> Mapping[str, str]:
    """Our environment, proxies and CA files included, with Python looking only into `code`."""
    kept = {name: value for name, value in os.environ.items() if name not in _OURS}
    return {**kept, "PYTHONPATH": str(code), "PYTHONNOUSERSITE": "1", "PYTHONUNBUFFERED": "1"}


def close_pipes(process: subprocess.Popen[bytes]) -> None:
    """Close our ends of the pipes of a child that has ended."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what it never read can't be written any more
                pipe.close()


def signal_group(group: int, number: int) -> None:
    """Send a signal to a process group, if there is one left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
