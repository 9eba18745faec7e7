"""Probes from the side of the gate: processes inside the stage, and the files that they write."""

import subprocess
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from suites.clients.runner import Clients
from suites.errors import ClientFailed, NotMeasured
from suites.hosts.host import last_line
from suites.probes.messages import CONSUMED
from suites.probes.order import order
from suites.probes.spec import TIMEOUT_S, Kind, Probe, probes
from suites.probes.trace import Request, Tail, Trace

MODULE = "suites.probes.process"
READY_WITHIN = 30.0
ENDED_WITHIN = 30.0  # for a server in progress, and to delete what was created for the probe


@dataclass(slots=True)
class Probing:
    """Probe processes of some kinds, running while the context is open."""

    clients: Clients
    kinds: tuple[Kind, ...]
    into: Path
    prefix: str
    processes: dict[Kind, subprocess.Popen[str]] = field(default_factory=dict)
    tails: dict[str, Tail] = field(default_factory=dict)
    said: dict[Kind, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Start the probes, and wait until their first requests are due. Raises ClientFailed, NotMeasured."""
        self.into.mkdir(parents=True, exist_ok=True)
        try:
            for kind in self.kinds:
                self.processes[kind] = self._started(kind)
            for kind, process in self.processes.items():
                _await_ready(kind, process)
        except BaseException:
            self.stop()
            raise
        self.tails = {
            probe.name: Tail(self.into / f"{probe.name}.jsonl")
            for kind in self.kinds
            for probe in probes(kind)
        }
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the probes."""
        self.stop()

    def stop(self) -> None:
        """End the processes by closing their stdin; kill those that do not end."""
        for process in self.processes.values():
            if process.stdin is not None:
                process.stdin.close()
        for kind, process in self.processes.items():
            try:
                process.wait(ENDED_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.said[kind] = _last_words(process)
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()

    def traces(self, begin: float, end: float, kinds: Iterable[Kind]) -> tuple[Trace, ...]:
        """Return the requests that were due between `begin` and `end`; of slow probes, earlier ones too.

        Raises NotMeasured if a probe's process has ended.
        """
        self._must_run()
        wanted = set(kinds)
        return tuple(
            _cut(self.tails[probe.name].trace(), begin, _early(probe), end)
            for kind in self.kinds
            if kind in wanted
            for probe in probes(kind)
        )

    def since(self, begin: float, kinds: Iterable[Kind]) -> Mapping[str, tuple[Request, ...]]:
        """Return, by probe, the requests that were due since `begin` and have ended. Raises as `traces`."""
        return {
            trace.probe: tuple(request for request in trace.requests if request.due >= begin)
            for trace in self.traces(begin, float("inf"), kinds)
        }

    def consumed(self) -> tuple[str, ...]:
        """Return the keys of the messages consumed so far, each as often as it was consumed."""
        path = self.into / CONSUMED
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return tuple(text[: text.rfind("\n") + 1].split())

    def _started(self, kind: Kind) -> subprocess.Popen[str]:
        try:
            asked = order(self.clients.target, kind, self.into, self.prefix)
        except KeyError as error:
            raise ClientFailed(
                "the target lacks what the probe needs", where=kind.value, why=str(error)
            ) from None
        return self.clients.start(MODULE, asked)

    def left(self) -> tuple[str, ...]:
        """Return, after `stop`, a sentence for each probe that left behind what it had created."""
        return tuple(
            f"the {kind.value} probe left something behind: {self.said[kind]}"
            for kind, process in self.processes.items()
            if process.returncode > 0
        )

    def _must_run(self) -> None:
        for kind, process in self.processes.items():
            if process.poll() is not None:
                raise NotMeasured(
                    f"the probe ended with {process.returncode}", where=kind.value, why=_last_words(process)
                )


def _await_ready(kind: Kind, process: subprocess.Popen[str]) -> None:
    # Killing a process that hangs ends the wait for its line.
    limit = threading.Timer(READY_WITHIN, process.kill)
    limit.start()
    try:
        line = process.stdout.readline() if process.stdout is not None else ""
    finally:
        limit.cancel()
    if line.strip() != "ready":
        process.kill()
        raise NotMeasured("the probe did not start", where=kind.value, why=_last_words(process))


def _last_words(process: subprocess.Popen[str]) -> str:
    return last_line(process.stderr.read() if process.stderr is not None else "")


def _early(probe: Probe) -> float:
    """How long before a span of time the requests that end in it may have been due, if they take long."""
    return probe.timeout_s if probe.timeout_s > TIMEOUT_S else 0.0


def _cut(trace: Trace, begin: float, early: float, end: float) -> Trace:
    kept = tuple(request for request in trace.requests if begin - early <= request.due < end)
    return replace(trace, started=max(trace.started, begin), until=end, requests=kept)
