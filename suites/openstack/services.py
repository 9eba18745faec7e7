"""Services and agents as the APIs list them, read several times: those that must be there, and stay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from suites.hosts.observation import Observation

UP, DOWN, MISSING, DISABLED = "up", "down", "missing", "disabled"
FELL = (UP, DOWN)

Hosts = Sequence[str]


@dataclass(frozen=True, slots=True)
class Service:
    """A service or agent in a list: its program, its host, and whether it is up and may be used."""

    binary: str
    host: str
    state: str
    enabled: bool

    @property
    def condition(self) -> str:
        """Its state, or that it is disabled."""
        return self.state if self.enabled else DISABLED


Listing = Sequence[Service]


def in_place(
    readings: Sequence[Listing], every: Mapping[str, Hosts], some: Mapping[str, Hosts]
) -> Observation:
    """Say whether the programs in `every` were up on all their hosts, in all readings.

    Of those in `some` one host is enough in each reading: the others take its work. One that is down is told,
    and so is one that went down meanwhile; one that comes and goes does not hold.
    """
    wrong: list[str] = [] if readings else ["there is no reading"]
    told: list[str] = []
    for binary, hosts in every.items():
        spans = {host: _spans(readings, binary, host) for host in hosts}
        bad = [f"{binary} on {host} is {_said(span)}" for host, span in spans.items() if span != (UP,)]
        wrong += bad if hosts else [f"no host carries {binary}"]
        told += [] if bad else [f"{binary} up on {', '.join(hosts)}"]
    for binary, hosts in some.items():
        spans = {host: _spans(readings, binary, host) for host in hosts}
        wrong += [f"{binary} on {host} is {_said(span)}" for host, span in spans.items() if not _steady(span)]
        if not all(any(_condition(one, binary, host) == UP for host in hosts) for one in readings):
            wrong.append(f"no {binary} is up: {_listed(spans)}")
        down = {host: span for host, span in spans.items() if span != (UP,)}
        up = [host for host in hosts if host not in down]
        told.append(f"{binary} up on {', '.join(up) or 'no host throughout'}")
        told += [f"NOT up: {binary} on {_listed(down)}"] if down else []
    told += _strangers(readings, {**every, **some})
    times = "once" if len(readings) == 1 else f"{len(readings)} times"
    return Observation(holds=not wrong, seen="; ".join(wrong or [*told, f"seen {times}"]))


def _condition(listing: Listing, binary: str, host: str) -> str:
    found = [one.condition for one in listing if (one.binary, one.host) == (binary, host)]
    return found[0] if found else MISSING


def _spans(readings: Iterable[Listing], binary: str, host: str) -> tuple[str, ...]:
    return tuple(state for state, _ in groupby(_condition(one, binary, host) for one in readings))


def _steady(span: tuple[str, ...]) -> bool:
    return len(span) <= 1 or span == FELL


def _said(span: tuple[str, ...]) -> str:
    return ", then ".join(span) or "unknown"


def _listed(spans: Mapping[str, tuple[str, ...]]) -> str:
    return ", ".join(f"{host} ({_said(span)})" for host, span in spans.items())


def _strangers(readings: Sequence[Listing], wanted: Mapping[str, Hosts]) -> list[str]:
    """Records that nobody asked for, of another colour or of hosts that are gone: told, no more."""
    last = readings[-1] if readings else ()
    others = [one for one in last if one.host not in wanted.get(one.binary, ())]
    listed = ", ".join(f"{one.binary} on {one.host} ({one.condition})" for one in others)
    return [f"also listed: {listed}"] if others else []
