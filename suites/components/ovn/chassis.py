"""The chassis: hosts whose ovn-controller registered, and whether each still applies the configuration."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from suites.errors import ReadingFailed
from suites.hosts.host import Host
from suites.hosts.reading import Observation


@dataclass(frozen=True, slots=True)
class Chassis:
    """One chassis: its host's name, and the number of the last configuration that it has applied."""

    hostname: str
    configured: int


def read(host: Host, southbound: str) -> tuple[Chassis, ...]:
    """Read all chassis, from a host. Raises ReadingFailed."""
    tables = (("Chassis", "name,hostname"), ("Chassis_Private", "name,nb_cfg"))
    listed = [
        host.read(f"ovn-sbctl --timeout=10 --db={southbound} --format=csv --columns={columns} list {table}")
        for table, columns in tables
    ]
    return parse(*listed)


def parse(chassis: str, private: str) -> tuple[Chassis, ...]:
    """Parse the chassis from the CSV of both tables. Raises ReadingFailed."""
    configured = {row["name"]: row["nb_cfg"] for row in _rows(private, "nb_cfg")}
    return tuple(
        # One without a private row has applied nothing.
        Chassis(row["hostname"], int(configured.get(row["name"], "0")))
        for row in _rows(chassis, "hostname")
    )


def configured(host: Host, northbound: str) -> int:
    """Read the number of the newest configuration. Raises ReadingFailed."""
    text = host.read(f"ovn-nbctl --timeout=10 --db={northbound} get NB_Global . nb_cfg").strip()
    if not text.isdecimal():
        raise ReadingFailed(
            "the number of the configuration can't be parsed", where=host.name, why=repr(text)
        )
    return int(text)


def registered(found: Iterable[Chassis], wanted: Iterable[str]) -> Observation:
    """Say whether the chassis are exactly the hosts that should have one."""
    names = [item.hostname.split(".")[0] for item in found]
    must = set(wanted)
    wrong = [f"{name} has not registered" for name in sorted(must - set(names))]
    wrong += [f"{name} has registered and carries no ovn-controller" for name in sorted(set(names) - must)]
    wrong += [f"{name} has registered twice" for name in sorted(must) if names.count(name) > 1]
    return Observation(
        holds=not wrong,
        seen="; ".join(wrong) or f"registered: {', '.join(sorted(names)) or 'none, and none is to'}",
    )


def up_to_date(found: Iterable[Chassis], newest: int) -> Observation:
    """Say whether each chassis has applied the newest configuration."""
    behind = {item.hostname: item.configured for item in found if item.configured < newest}
    wrong = [f"{name} is at {number} of {newest}" for name, number in behind.items()]
    return Observation(holds=not wrong, seen=", ".join(wrong) or f"all have configuration {newest}")


def _rows(text: str, column: str) -> list[Mapping[str, str]]:
    if not text.strip():
        return []
    rows = csv.DictReader(io.StringIO(text))
    if not {"name", column} <= set(rows.fieldnames or ()):
        raise ReadingFailed("the list of chassis can't be parsed", why=repr(text[:80]))
    return list(rows)
