"""Child processes, each in its own session, so that Ctrl-C reaches only this process."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from pipeline.adapters.homes import Home
from pipeline.adapters.surroundings import inherited, search_path
from pipeline.core.errors import ChildCrashed

# Not passed to children. Without cached bytecode, compiling imports takes half of a child's start time.
_OURS = frozenset(
    {
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONPYCACHEPREFIX",
        "PYTHONSTARTUP",
        "PYTHONDONTWRITEBYTECODE",
        "VIRTUAL_ENV",
    }
)


class Children:
    """The running child processes; all of them can be killed from a signal handler, and then none starts."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.RLock()
        self._over = False
        # A child that asks Linux to kill it with its parent dies with the thread that started it. So one
        # thread, which lives as long as this process, starts all of them.
        self._parent = ThreadPoolExecutor(max_workers=1, thread_name_prefix="parent")

    def start(self, home: Home, module: Sequence[str], stderr: IO[bytes]) -> subprocess.Popen[bytes]:
        """Run a module of this home, given with its arguments, with pipes on stdin and stdout.

        The caller must `end` it. Raises ChildCrashed after `kill_all`: the run has ended, and a thread of its
        pool may not know yet.
        """
        return self._parent.submit(self._start, home, module, stderr).result()

    def end(self, process: subprocess.Popen[bytes]) -> int:
        """Kill what is left of the child's group; return its exit status, negative for a signal."""
        signal_group(process.pid, signal.SIGKILL)
        status = process.wait()
        with self._lock:
            self._running.discard(process)
        return status

    @contextlib.contextmanager
    def running(
        self, home: Home, module: Sequence[str], stderr: IO[bytes]
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a child as `start` does; kill its whole group on leaving."""
        process = self.start(home, module, stderr)
        try:
            yield process
        finally:
            self.end(process)
            close_pipes(process)

    def kill_all(self) -> None:
        """Kill every process group now; no child starts after this."""
        with self._lock:
            self._over = True
            for process in tuple(self._running):
                signal_group(process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End all running children; no more can be started."""
        with self._lock:
            left = tuple(self._running)
        for process in left:
            self.end(process)
        self._parent.shutdown()

    def _start(self, home: Home, module: Sequence[str], stderr: IO[bytes]) -> subprocess.Popen[bytes]:
        with self._lock:  # held until the child is known, so that `kill_all` misses none
            if self._over:
                raise ChildCrashed("nothing more is started: the run was ended", next="promote status")
            process = subprocess.Popen(
                [str(home.python), "-m", *module],
                cwd=home.code,
                env=child_environment(home),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
            self._running.add(process)
            return process


def child_environment(home: Home) -> Mapping[str, str]:
    """This process's environment, with proxies and CA files; Python imports only from the home's code.

    Compiled Python is in its `bytecode`, if it has one. No repository of git is selected, and programs are
    also found in the usual folders that a cron job's PATH lacks.
    """
    kept = {name: value for name, value in inherited(os.environ).items() if name not in _OURS}
    cache = {} if home.bytecode is None else {"PYTHONPYCACHEPREFIX": str(home.bytecode)}
    python = {"PYTHONPATH": str(home.code), "PYTHONNOUSERSITE": "1", "PYTHONUNBUFFERED": "1"}
    return {**kept, **python, **cache, "PATH": search_path(kept.get("PATH", ""))}


def close_pipes(process: subprocess.Popen[bytes]) -> None:
    """Close this process's ends of the pipes of a child that has ended."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # buffered input that the child never read can't be flushed
                pipe.close()


def signal_group(group: int, number: int) -> None:
    """Send a signal to a process group, if it still exists."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
