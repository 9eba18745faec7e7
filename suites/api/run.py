"""One run of stestr over chosen tests, from inside the stage."""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, takewhile
from pathlib import Path

import yaml

from suites.api.groups import strays
from suites.api.stream import Status, Stream, read_stream
from suites.errors import ClientFailed
from suites.harness.clients import PASSED_ON

# As many tests at once as a small stage answers without one making the other late.
WORKERS = 2
TEST_WITHIN = 60
SOME_FAILED = 1


@dataclass(frozen=True, slots=True)
class Run:
    """What to run: tests by their full names, as which configuration, through which argv prefix.

    `own` is a folder for stestr's and tempest's own files; `into` is where the stream and the log go.
    """

    tests: tuple[str, ...]
    configuration: Path
    inside: Sequence[str]
    own: Path
    into: Path


def run_tests(run: Run) -> Stream:
    """Run the tests once, and return what they said. Raises ClientFailed when stestr could not be started."""
    chosen, workers = run.own / "chosen", run.own / "workers.yaml"
    chosen.write_text("".join(f"{_pattern(test)}\n" for test in run.tests), encoding="utf-8")
    dealt = [{"worker": [_pattern(test) for test in share]} for share in shares(run.tests)]
    workers.write_text(yaml.safe_dump(dealt), encoding="utf-8")
    stream, log = run.into / "tempest.subunit", run.into / "stestr.log"
    with stream.open("wb") as out, log.open("wb") as err:
        try:
            process = subprocess.Popen(
                [*run.inside, *_command(run, chosen, workers)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=run.own,
                env=_environment(run.configuration),
            )
        except OSError as error:
            raise ClientFailed("could not be started", where="stestr", why=str(error)) from None
        try:
            status = process.wait()
        finally:
            process.kill()
            process.wait()
    return _believed(run.tests, read_stream(stream.read_bytes()), status, log)


def _believed(tests: Sequence[str], said: Stream, status: int, log: Path) -> Stream:
    """The stream, called broken where how stestr ended does not go with it."""
    if said.broken is None and (stray := strays(tests, said)):
        return replace(said, broken=f"something failed that is not in a group: {', '.join(stray)}")
    expected = (
        SOME_FAILED if any(ended.status in (Status.FAILED, Status.BEGUN) for ended in said.ended) else 0
    )
    if status in (0, expected) and said.broken is None:
        return said
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    ended = f"stestr ended with {status}: {lines[-1] if lines else 'it said nothing'}"
    return replace(said, broken=f"{said.broken}; {ended}" if said.broken else ended)


def shares(tests: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Cut tests into a share for each worker, about as many in each, in order, and each class in one share.

    Left alone, stestr deals classes out by chance: one worker may have all that take long. In order, those
    that ask for the same are in one share and don't wait for each other: Neutron for instance is busy for
    5 s with each router interface that comes up.
    """
    parts: list[list[str]] = [[] for _ in range(WORKERS)]
    before = 0
    for _, grouped in groupby(sorted(tests), key=lambda test: test.rpartition(".")[0]):
        own = list(grouped)
        # Where the middle of the class lies.
        parts[(2 * before + len(own)) * WORKERS // (2 * len(tests))].extend(own)
        before += len(own)
    return tuple(tuple(part) for part in parts if part)


def _pattern(test: str) -> str:
    # What upstream tags a test with stands behind its name, in brackets.
    return rf"^{re.escape(test)}(\[|$)"


def _command(run: Run, chosen: Path, workers: Path) -> list[str]:
    # Only the folder that the tests have in common is loaded: each worker loads it anew.
    folders = zip(*(test.split(".")[:-3] for test in run.tests), strict=False)
    shared = [names[0] for names in takewhile(lambda names: len(set(names)) == 1, folders)]
    top = _top()
    return [
        *(sys.executable, "-m", "stestr"),
        *("--test-path", str(top.joinpath(*shared))),
        *("--top-dir", str(top)),
        *("--repo-url", str(run.own)),
        *("run", "--subunit", "--concurrency", str(WORKERS)),
        *("--include-list", str(chosen), "--worker-file", str(workers)),
    ]


def _top() -> Path:
    found = importlib.util.find_spec("tempest")
    if found is None or found.origin is None:
        raise ClientFailed("could not be started", where="stestr", why="tempest is not installed")
    return Path(found.origin).parents[1]


def _environment(configuration: Path) -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return kept | {
        "PYTHON": sys.executable,
        "PYTHONDONTWRITEBYTECODE": "1",
        "TEMPEST_CONFIG_DIR": str(configuration.parent),
        "TEMPEST_CONFIG": configuration.name,
        "OS_TEST_TIMEOUT": str(TEST_WITHIN),
    }
