"""Child processes, each in its own session, so that Ctrl-C reaches only this process."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

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

    def start(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        code: Path,
        stderr: int | IO[bytes],
        bytecode: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a child with pipes on stdin and stdout that imports from `code`. The caller must `end` it.

        With `bytecode`, it reads and writes compiled Python in this folder only. Raises ChildCrashed after
        `kill_all`: the run has ended, and a thread of its pool may not know yet.
        """
        environment = child_environment(code, bytecode)
        return self._parent.submit(self._start, argv, cwd, environment, stderr).result()

    def end(self, process: subprocess.Popen[bytes]) -> int:
        """Kill what is left of the child's group; return its exit status, negative for a signal."""
        signal_group(process.pid, signal.SIGKILL)
        status = process.wait()
        with self._lock:
            self._running.discard(process)
        return status

    @contextlib.contextmanager
    def running(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        code: Path,
        stderr: int | IO[bytes],
        bytecode: Path | None = None,
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a child as `start` does; kill its whole group on leaving."""
        process = self.start(argv, cwd=cwd, code=code, stderr=stderr, bytecode=bytecode)
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

    def _start(
        self, argv: Sequence[str], cwd: Path, environment: Mapping[str, str], stderr: int | IO[bytes]
    ) -> subprocess.Popen[bytes]:
        with self._lock:  # held until the child is known, so that `kill_all` misses none
            if self._over:
                raise ChildCrashed("nothing more is started: the run was ended", next="promote status")
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
            self._running.add(process)
            return process


def child_environment(code: Path, bytecode: Path | None = None) -> Mapping[str, str]:
    """This process's environment, with proxies and CA files; Python imports only from `code`.

    Compiled Python is in `bytecode`, if given. No repository of git is selected, and programs are also found
    in the usual folders that a cron job's PATH lacks.
    """
    kept = {name: value for name, value in inherited(os.environ).items() if name not in _OURS}
    cache = {} if bytecode is None else {"PYTHONPYCACHEPREFIX": str(bytecode)}
    python = {"PYTHONPATH": str(code), "PYTHONNOUSERSITE": "1", "PYTHONUNBUFFERED": "1"}
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
