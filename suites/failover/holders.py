"""Watches who holds the VIP: the hosts report their addresses several times a second."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

from suites.failover.marks import Holding
from suites.seam.target import Target, TargetHost

EVERY_S = 0.15
# A host that has been silent for this long is not counted: it is down or unreachable.
SILENT_S = 1.0
AGAIN_S = 0.5
# A shorter time without a report, or without a holder, is ignored; clients of the VIP would have noticed.
UNWATCHED_S = 2.0
# A dedicated connection, which ends by itself when its host is lost.
SSH = ("-S", "none", "-o", "BatchMode=yes", "-o", "ConnectTimeout=2", "-o", "ServerAliveInterval=1",
       "-o", "ServerAliveCountMax=2")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sighting:
    """A host's report, at one moment, whether it has the VIP."""

    at: float
    host: str
    holds: bool


@dataclass(slots=True)
class Watch:
    """Watches the hosts while the context is open."""

    target: Target
    hosts: Sequence[TargetHost]
    clock: Callable[[], float] = time.monotonic
    sightings: list[Sighting] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Start watching."""
        for host in self.hosts:
            thread = threading.Thread(target=self._follow, args=(host,), daemon=True)
            thread.start()
            self.threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self.over.set()
        for process in self.running.values():
            process.kill()
        for thread in self.threads:
            thread.join(AGAIN_S + 2)

    def holders(self) -> frozenset[str]:
        """Return who holds the VIP now, by the latest reports that are not older than SILENT_S."""
        now = self.clock()
        latest = {sighting.host: sighting for sighting in list(self.sightings)}
        return frozenset(s.host for s in latest.values() if s.holds and now - s.at <= SILENT_S)

    def _follow(self, host: TargetHost) -> None:
        script = f"while :; do ip -o -4 address show; echo .; sleep {EVERY_S}; done"
        while not self.over.is_set():
            process = subprocess.Popen(
                ("ssh", "-F", str(self.target.ssh_config), *SSH, host.name, script),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            self.running[host.name] = process
            holds = False
            for line in process.stdout or ():
                if line.strip() == ".":
                    self.sightings.append(Sighting(self.clock(), host.name, holds))
                    holds = False
                elif f" {self.target.vip}/" in line:
                    holds = True
            process.wait()
            self.over.wait(AGAIN_S)


def timeline(sightings: Iterable[Sighting], begin: float, end: float) -> tuple[Holding, ...]:
    """Return every change of the VIP's holder between `begin` and `end`; the first entry is at `begin`.

    A host that reported the VIP holds it until it reports otherwise or becomes silent.
    """
    known: dict[str, Sighting] = {}
    changes: list[Holding] = []
    for sighting in sorted(sightings, key=lambda one: one.at):
        if sighting.at > end:
            break
        known[sighting.host] = sighting
        there = sorted(s.host for s in known.values() if s.holds and sighting.at - s.at <= SILENT_S)
        holder = ", ".join(there) or None
        if sighting.at < begin:
            changes = [Holding(begin, holder)]
        elif not changes or changes[-1].holder != holder:
            changes.append(Holding(sighting.at, holder))
    return tuple(changes)


def unwatched(sightings: Iterable[Sighting], begin: float, end: float) -> float:
    """Return the longest time in seconds in which no host reported anything."""
    moments = sorted([begin, end, *(s.at for s in sightings if begin <= s.at <= end)])
    return max(later - earlier for earlier, later in pairwise(moments))


def alone(holdings: Sequence[Holding], since: float, end: float) -> bool:
    """Say whether exactly one host held the VIP all the time from `since` to `end`.

    A silent host may still hold the VIP, so a time without a holder counts only if longer than UNWATCHED_S.
    """
    ends = [*(holding.at for holding in holdings[1:]), end][: len(holdings)]
    lasting = [
        holding.holder
        for holding, over in zip(holdings, ends, strict=True)
        if over > since and (holding.holder is not None or over - holding.at > UNWATCHED_S)
    ]
    return bool(lasting) and all(holder is not None and ", " not in holder for holder in lasting)
