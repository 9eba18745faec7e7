"""One run of tempest's tests, split among a few workers, from inside the stage.

Each worker is `python -m subunit.run` with the full names of its tests: the command that stestr starts too,
but without listing all of tempest first, and loading only the chosen modules.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, groupby
from pathlib import Path

from suites.api.groups import class_of, strays
from suites.api.stream import Stream, read_stream
from suites.clients.runner import PASSED_ON
from suites.errors import ClientFailed
from suites.hosts.host import last_line

# As many tests in parallel as a small stage can serve without one slowing down another: most of a test's time
# is waiting, for a server or for a router's interface.
WORKERS = 3
# In seconds; bounds a hang. Beside a busy core a test of routers took a minute, on an idle machine 20 s.
TEST_WITHIN = 180
TOLD_EVERY = 10.0
# The relative cost of a test, and of its class's set-up, from measurements: only the ratios matter.
TEST, CLASS = 1.0, 2.0
SLOW_TESTS = {"tempest.api.network.test_routers.": 10.0}  # Neutron takes 5 s for each interface that comes up
SLOW_CLASSES = {"tempest.api.compute.servers.": 18.0}  # a server is built first, and deleted at the end


@dataclass(frozen=True, slots=True)
class Run:
    """What to run: tests by their full names, the configuration, and an argv prefix.

    `own` is a folder for tempest's own files; `into` is where the streams and the logs go.
    """

    tests: tuple[str, ...]
    configuration: Path
    inside: Sequence[str]
    own: Path
    into: Path


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker: its share of the tests, and the files for its stream and its log."""

    tests: tuple[str, ...]
    stream: Path
    log: Path

    def said(self, status: int) -> Stream:
        """Return its stream; a non-zero exit status marks it as broken, whatever its tests reported."""
        said = read_stream(self.stream.read_bytes())
        if status == 0:
            return said
        log = self.log.read_text(encoding="utf-8", errors="replace")
        ended = f"a worker ended with {status}: {last_line(log)}"
        return replace(said, broken=f"{said.broken}; {ended}" if said.broken else ended)


def run_tests(run: Run, told: Callable[[Stream], None]) -> Stream:
    """Run the tests once, and return their results.

    `told` is called with the results so far when more tests have ended. Raises ClientFailed if a worker can't
    be started.
    """
    workers = [
        Worker(share, run.into / f"tempest-{number}.subunit", run.into / f"tempest-{number}.log")
        for number, share in enumerate(shares(run.tests), start=1)
    ]
    with _started(run, workers) as processes:
        statuses = _awaited(processes, workers, told)
    return _together(run.tests, [one.said(status) for one, status in zip(workers, statuses, strict=True)])


@contextmanager
def _started(run: Run, workers: Sequence[Worker]) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for worker in workers:
            with worker.stream.open("wb") as out, worker.log.open("wb") as err:
                processes.append(
                    subprocess.Popen(
                        [*run.inside, sys.executable, "-m", "subunit.run", *worker.tests],
                        stdin=subprocess.DEVNULL,
                        stdout=out,
                        stderr=err,
                        cwd=run.own,
                        env=_environment(run.configuration),
                    )
                )
        yield processes
    except OSError as error:
        raise ClientFailed("could not be started", where="tempest", why=str(error)) from None
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _awaited(
    processes: Sequence[subprocess.Popen[bytes]], workers: Sequence[Worker], told: Callable[[Stream], None]
) -> list[int]:
    """Wait for all workers, and report tests that ended: that a worker still runs is no progress."""
    before = 0
    while True:
        try:
            return [process.wait(TOLD_EVERY) for process in processes]
        except subprocess.TimeoutExpired:
            # Each stream breaks off somewhere, but what it has is valid: a test's end is complete or absent.
            said = [read_stream(worker.stream.read_bytes()).ended for worker in workers]
        so_far = Stream(tuple(chain.from_iterable(said)))
        if len(so_far.tests) > before:
            before = len(so_far.tests)
            told(so_far)


def _together(tests: Sequence[str], said: Sequence[Stream]) -> Stream:
    whole = Stream(
        tuple(chain.from_iterable(one.ended for one in said)),
        "; ".join(one.broken for one in said if one.broken is not None) or None,
    )
    if whole.broken is None and (stray := strays(tests, whole)):
        return replace(whole, broken=f"something failed that is not in a group: {', '.join(stray)}")
    return whole


def shares(tests: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Split tests into a share for each worker, of about equal cost, in order, with each class in one share.

    The order keeps tests that use the same resources in one share, so that they don't wait for each other.
    """
    classes = [tuple(own) for _, own in groupby(sorted(tests), key=class_of)]
    whole = sum(map(cost, classes))
    parts: list[list[str]] = [[] for _ in range(WORKERS)]
    before = 0.0
    for own in classes:
        middle = before + cost(own) / 2
        parts[int(middle * WORKERS / whole)].extend(own)
        before += cost(own)
    return tuple(tuple(part) for part in parts if part)


def cost(tests: Sequence[str]) -> float:
    """Return the relative cost of the tests of one class, including its set-up."""

    def of(name: str, slow: Mapping[str, float], usual: float) -> float:
        return next((cost for prefix, cost in slow.items() if name.startswith(prefix)), usual)

    return of(tests[0], SLOW_CLASSES, CLASS) + sum(of(test, SLOW_TESTS, TEST) for test in tests)


def _environment(configuration: Path) -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return kept | {
        "PYTHONDONTWRITEBYTECODE": "1",
        "TEMPEST_CONFIG_DIR": str(configuration.parent),
        "TEMPEST_CONFIG": configuration.name,
        "OS_TEST_TIMEOUT": str(TEST_WITHIN),
    }
