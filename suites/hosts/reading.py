"""Readings as values: a script that runs on a host and what its output means; waiting for a condition."""

import shlex
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from suites.errors import NotWithin
from suites.hosts.host import Host, Output


@dataclass(frozen=True, slots=True)
class Observation:
    """What was observed: `seen` is one line for people; `holds` says whether the condition is met."""

    holds: bool
    seen: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A shell script, run as root on a host, and what its output means.

    `judge` may raise ReadingFailed if it can't parse the output.
    """

    script: str
    judge: Callable[[Output], Observation]


def look(host: Host, readings: Iterable[Reading]) -> Observation:
    """Say whether all readings hold on a host. `seen` shows the first that does not, else all of them.

    Raises ReadingFailed.
    """
    seen = []
    for reading in readings:
        observation = reading.judge(host.ask(reading.script))
        if not observation.holds:
            return observation
        seen.append(observation.seen)
    return Observation(holds=bool(seen), seen=", ".join(seen) or "there is nothing to look at")


def on_all(value: str, answers: Mapping[str, str]) -> Observation:
    """Say whether all hosts that were asked for a row answered with its value."""
    missing = [host for host, answer in answers.items() if answer != value]
    if missing or not answers:
        return Observation(holds=False, seen=f"the row is not on {', '.join(missing) or 'any host'}")
    return Observation(holds=True, seen=f"read on {', '.join(answers)}")


# Every host has python3, but not curl or socat. Only the status is needed, and importing urllib would take
# 70 ms of CPU on each API host each time.
GET = """
import socket, sys
host, port, path = sys.argv[1:]
try:
    with socket.create_connection((host, int(port)), timeout=5) as s:
        s.sendall(f"GET {path} HTTP/1.0\\r\\nHost: {host}:{port}\\r\\nConnection: close\\r\\n\\r\\n".encode())
        line = s.makefile("rb").readline().decode("latin-1").split()
    print(line[1] if len(line) > 1 and line[0].startswith("HTTP/") else f"not HTTP: {line}")
except OSError as e: print(e)
"""


def running(units: Sequence[str], *, url: str | None = None) -> Reading:
    """Return the reading that says whether all units run and, if a URL is given, whether it answers 200."""
    names = " ".join(shlex.quote(unit) for unit in units)
    script = f"systemctl is-active {names}"
    if url is not None:
        script += f"; echo ---; {getting(url)}"
    return Reading(script, lambda output: judge_units(units, url, output))


def getting(url: str) -> str:
    """Return the script that prints the status of a GET to an http URL, or why there is no answer."""
    parts = urlsplit(url)
    return shlex.join(
        ["python3", "-I", "-c", GET, parts.hostname or "", str(parts.port or 80), parts.path or "/"]
    )


def judge_units(units: Sequence[str], url: str | None, output: Output) -> Observation:
    """Judge the output of the script of `running`."""
    states_text, _, answer = output.stdout.partition("---\n")
    states = dict(zip(units, states_text.split(), strict=False))
    wrong = [f"{unit} is {states.get(unit, 'unknown')}" for unit in units if states.get(unit) != "active"]
    if url is not None and answer.strip() != "200":
        wrong.append(f"{url} answers {answer.strip() or output.stderr.strip() or 'nothing'}")
    if wrong:
        return Observation(holds=False, seen=", ".join(wrong))
    running = f"{', '.join(units)} active"
    return Observation(holds=True, seen=running if url is None else f"{running}, {url} answers 200")


def until(  # noqa: PLR0913 - all but the condition are keyword-only, most with defaults
    condition: Callable[[], Observation],
    *,
    within: float,
    every: float = 0.1,
    lasting: float = 0.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Observation:
    """Poll a condition every `every` seconds until it holds, and return the observation that held.

    It must hold in every poll of the last `lasting` seconds: while things change it may hold for a moment.
    The condition is polled at least once, and once more at the deadline. Its errors are not caught.
    Raises NotWithin, with the last observation in its text, after `within` seconds.
    """
    end = clock() + within
    since: float | None = None
    while True:
        observation = condition()
        now = clock()
        since = (now if since is None else since) if observation.holds else None
        if since is not None and now - since >= lasting:
            return observation
        left = end - now
        if left <= 0:
            long = f" for {lasting:g} s" if lasting else ""
            raise NotWithin(f"did not hold{long} within {within:g} s", why=f"last seen: {observation.seen}")
        sleep(min(every, left))
