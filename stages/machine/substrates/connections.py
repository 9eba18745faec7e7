"""Warm connections: one ssh per host, opened when first needed, shared by all calls, closed at the end.

They belong to the process that serves requests, not to a single request: ending a step ends no connection.
"""

import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from stages.machine.running import mortal, succeeds

_WITHIN_S = 20.0
_LOOK_S = 0.2  # from look to look whether something is over
# ssh prints an empty line as soon as others can use the connection, and runs until it is terminated.
_MASTER = (
    *("-N", "-o", "ControlMaster=auto", "-o", "ControlPersist=no"),
    *("-o", "PermitLocalCommand=yes", "-o", "LocalCommand=echo"),
    *("-o", "ConnectTimeout=15"),  # a busy machine takes some seconds; happens once per run
)


class Connections:
    """The connections to hosts, by ssh configuration and name. May be used from several threads."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], subprocess.Popen[bytes]] = {}
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._guard = threading.Lock()
        # A connection dies with the thread that opened it (see `mortal`); this thread outlives them.
        self._opener = ThreadPoolExecutor(max_workers=1, thread_name_prefix="opener")

    def warm(self, config: Path, host: str) -> str | None:
        """Ensure a connection that `ssh -F config host` uses. Return None, or why there is none."""
        key = (str(config), host)
        with self._alone(key):
            mine = self._open.get(key)
            if mine is not None and mine.poll() is None:
                return None
            self._drop(key)
            return None if _others(key) else self._connect(key)

    def forget(self, config: Path, host: str) -> None:
        """Close the connection to a host that will be removed, whoever opened it: no call hangs on it."""
        key = (str(config), host)
        with self._alone(key):
            self._drop(key)
            if config.exists():
                succeeds(["ssh", "-F", str(config), "-O", "exit", host], within=10)

    def close(self) -> None:
        """Close all connections."""
        for process in self._open.values():
            process.terminate()
        for key in list(self._open):
            self._drop(key)
        self._opener.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _alone(self, key: tuple[str, str]) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(key, threading.Lock())

    def _connect(self, key: tuple[str, str]) -> str | None:
        config, host = key
        argv = mortal(["ssh", "-F", config, *_MASTER, host])
        process = self._opener.submit(_started, argv).result()
        with ended_after(process, _WITHIN_S):
            ready = process.stdout is not None and process.stdout.readline() != b""
        if ready:
            self._open[key] = process
            return None
        _, told = process.communicate()
        return told.decode(errors="replace").strip() or "no answer"

    def _drop(self, key: tuple[str, str]) -> None:
        process = self._open.pop(key, None)
        if process is None:
            return
        process.terminate()
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _others(key: tuple[str, str]) -> bool:
    """Whether another process has a warm one: the child of another release in this run, or a suite."""
    config, host = key
    return succeeds(["ssh", "-F", config, "-O", "check", host], within=10)


def _started(argv: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@contextlib.contextmanager
def ended_when(process: subprocess.Popen[bytes], over: Callable[[], bool]) -> Iterator[None]:
    """Kill the process soon after `over` is true, whatever it waits for, unless the block ends before."""
    left = threading.Event()

    def watch() -> None:
        while not left.wait(_LOOK_S):
            if over():
                process.kill()
                return

    watching = threading.Thread(target=watch, name="ending", daemon=True)
    watching.start()
    try:
        yield
    finally:
        left.set()
        watching.join()


@contextlib.contextmanager
def ended_after(process: subprocess.Popen[bytes], within: float) -> Iterator[None]:
    """Kill the process after so many seconds, unless the block has ended by then."""
    timer = threading.Timer(within, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
