"""Whether hosts of a role have the same in effect, also where nothing declares it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from suites.harness.reports import Reports
from suites.readings.effective.asking import Effective
from suites.readings.effective.finding import Finding
from suites.seam.declared import Settings
from suites.seam.target import TargetHost

# What a host has, by what it is of and by name; None where it can't be compared.
Values = dict[tuple[str, str], str | None]
NOT_THERE = "not there"
# A variable that one start of a database gets, and the next does not.
OF_ONE_START = "_WSREP_"
# Of an interface, by what it is told: which one it is, is of each machine.
TOLD_OF_INTERFACE = ("MTU", "queue")
# What kernels give an interface by themselves: which of these depends on its card.
GIVEN = frozenset({"noqueue", "mq", "fq", "fq_codel", "pfifo_fast"})
LIMITS = ("open files", "nice", "scheduling", "oom score")


def judge(
    values: Mapping[str, Values], shows: Mapping[str, str], of_each: Collection[str] = ()
) -> Iterator[Finding]:
    """Yield what hosts don't have alike, by their values; `shows` has a command by what it is of."""
    for key in sorted({key for has in values.values() for key in has}):
        of, name = key
        if name in of_each:
            continue
        groups: dict[str, list[str]] = {}
        for host, has in values.items():
            value = has.get(key, NOT_THERE)
            if value is not None:
                groups.setdefault(value, []).append(host)
        if len(groups) > 1:
            # The odd one out last.
            sides = sorted(groups.items(), key=lambda side: -len(side[1]))
            said = ", ".join(f"{value or 'empty'} on {' and '.join(hosts)}" for value, hosts in sides)
            yield Finding(f"{of} {name} differs: {said}", shows[of].replace("{name}", name))


def reported(host: TargetHost, settings: Settings) -> Values:
    """Return the settings that a host's programs report, by kind and name."""
    return {
        (kind, own(host, name)): own(host, value)
        for kind, values in settings.items()
        for name, value in values.items()
    }


def running(host: TargetHost, effective: Effective, units: Collection[str]) -> Values:
    """Return what systemd and the kernel have of units, and of their processes."""
    found: Values = {}
    for name in units:
        unit = effective.units.get(name)
        if unit is not None:
            found |= {(name, what): own(host, value) for what, value in unit.loaded.items()}
            # One without a process has no limits: whether it must run, another check says.
            process = unit.process
            limits = process.limits if process is not None else dict.fromkeys(LIMITS)
            found |= {(name, what): value for what, value in limits.items()}
            known = process is not None and not process.title
            found[name, "environment"] = _variables(process.environment) if process and known else None
    return found


def _variables(names: Iterable[str]) -> str:
    return " ".join(name for name in names if not name.startswith(OF_ONE_START))


def wide(host: TargetHost, effective: Effective) -> Values:
    """Return what a host has as a whole: of its kernel and its network, and versions of packages."""
    interface = effective.interfaces.get(host.address, {})
    return {
        **{
            ("kernel", name): NOT_THERE if value is None else value
            for name, value in effective.kernel.items()
        },
        **{
            ("interface", name): "the kernel's own" if interface[name] in GIVEN else interface[name]
            for name in TOLD_OF_INTERFACE
            if name in interface
        },
        ("network", "routes"): own(host, ", ".join(_routes(effective.routes, interface.get("name")))),
        **{("package", name): version or NOT_THERE for name, version in effective.packages.items()},
    }


def _routes(lines: Iterable[str], mine: str | None) -> list[str]:
    """Return routes without what is of each machine: names of interfaces, its networks beside the stage's.

    Nor is told from which of its addresses packets come: it may have others than that in the stage.
    """
    told = []
    for line in lines:
        route = re.sub(r" src [\d.]+| linkdown", "", line).strip()
        device = re.search(r" dev (\S+)", route)
        if device is not None and mine is not None:
            if device[1] != mine and " proto kernel" in route:
                continue
            word = "<its interface>" if device[1] == mine else "<another interface>"
            route = route.replace(device[0], f" dev {word}", 1)
        told.append(route)
    return sorted(told)


WIDE_SHOWN = {
    "kernel": "sysctl {name}",
    "interface": "ip link show",
    "network": "ip -4 route show",
    "package": "dpkg-query -W {name}",
}


def shown(reports: Reports | None, units: Collection[str]) -> dict[str, str]:
    """Return by what it is of the command that shows it to a person."""
    of_units = {name: f"systemctl show {name}" for name in units}
    return {**WIDE_SHOWN, **of_units, **(reports.shows if reports is not None else {})}


def own(host: TargetHost, text: str) -> str:
    """Return a value with a host's own name and address replaced by words that are the same for all."""
    for mine, word in ((host.address, "<its address>"), (host.name, "<its name>")):
        text = re.sub(rf"(?<![A-Za-z0-9.]){re.escape(mine)}(?![0-9])", word, text)
    return text
