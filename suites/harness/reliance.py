"""What the checks of a gate rest on, as components declare: it tells causes from their consequences."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from suites.harness.component import Component
from suites.harness.layout import OF_FAULTS, Place
from suites.harness.loading import loaded
from suites.harness.watches import DECLARED
from suites.seam.target import Target

# Checks of the host, asked with one of its components: all that is on the host rests on them.
OF_HOST = ("disk", "versions", "clock")
# Of the checks of one component these come first and last: what does not run answers nothing; and a journal
# tells of all that went wrong, also with others.
FIRST = ("healthy", "some_serve", "dependencies_answer", "all_it_names_answers")
LAST = ("journal", "journal_patterns_used")
# Faults are made one after the other, each in a stage that has recovered: none explains another.
EACH_ALONE = OF_FAULTS
# What was restarted is looked at with its clients, who are no cause of what becomes of it.
SEEN_BY_CLIENTS = frozenset({"restart"})


@dataclass(frozen=True, slots=True)
class Known:
    """A component that some host carries, these hosts, and by check of the gate what it looks at besides."""

    component: Component
    hosts: tuple[str, ...]
    looks_at: Mapping[str, Iterable[str]]


def reliance(suites: Path, gate: str, target: Target) -> dict[str, object]:
    """Return the part `reliance` of a report, as JSON data, about the components that the stage carries.

    `suites` is the folder of a suites package. A component that can't be loaded is left out: its own checks
    say so.
    """
    known = {one.component.name: one for one in _carried(suites, gate, target)}
    looks_at = {} if gate in EACH_ALONE | SEEN_BY_CLIENTS else dict(_looks_at(known))
    rests_on = {} if gate in EACH_ALONE else {name: _rests_on(one, known) for name, one in known.items()}
    return {
        "hosts": {name: list(one.hosts) for name, one in known.items()},
        "units": {name: list(one.component.units) for name, one in known.items()},
        "rests_on": rests_on,
        "looks_at": looks_at,
        "of_host": list(OF_HOST),
        "first": list(FIRST),
        "last": list(LAST),
    }


def _carried(suites: Path, gate: str, target: Target) -> Iterator[Known]:
    for name in Place(suites, "smoke", None).components:
        if hosts := target.names(name):
            try:
                found = loaded(suites.name, name)
                looks_at = DECLARED[gate](suites.name, found)
            except Exception:  # noqa: BLE001, S112 - whatever its code does, its own checks fail by it and say so
                continue
            yield Known(found, hosts, looks_at)


def _rests_on(one: Known, known: Iterable[str]) -> dict[str, str]:
    return {name: reach.value for name, reach in one.component.reliances.items() if name in known}


def _looks_at(known: Mapping[str, Known]) -> Iterator[tuple[str, list[str]]]:
    """By `component/check`, the components that a red of it may be about; its own for that of other hosts."""
    for name, one in known.items():
        for check, others in one.looks_at.items():
            if check not in one.component.answers_for:
                yield f"{name}/{check}", sorted(set(others).intersection(known))
