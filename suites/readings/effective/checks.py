"""What the two checks of the smoke gate judge, for a component on its hosts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from suites.harness.component import Component
from suites.harness.loading import loaded
from suites.hosts.host import Host
from suites.hosts.reading import Observation
from suites.readings.effective import agreement, asking, settings, units, wide
from suites.readings.effective.finding import Finding, observed
from suites.seam.declared import Settings
from suites.seam.target import Target, TargetHost

PACKAGE = __name__.split(".", 1)[0]


def scripts(component: Component, host: Host, target: Target) -> Iterable[str]:
    """Yield what a host is asked for a component: the first is the same for all of its components."""
    there = target.host(host.name)
    packages = [name for one in there.components for name in loaded(PACKAGE, one).packages]
    yield asking.script(there, _of_components(there), packages)
    if component.reports is not None:
        yield component.reports.script(host)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is in effect on a host, and what the component's programs report of themselves."""

    host: TargetHost
    effective: asking.Effective
    reported: Settings


def read(component: Component, host: Host, target: Target) -> Seen:
    """Ask a host. Raises ReadingFailed."""
    first, *others = scripts(component, host, target)
    effective = asking.parse(host.read(first))
    reported = {} if component.reports is None else component.reports.parse(host.read(*others))
    return Seen(target.host(host.name), effective, reported)


def as_declared(component: Component, seen: Seen, target: Target) -> Observation:
    """Say whether what runs has in memory what files and manifest declare: units, processes, settings."""
    host, effective = seen.host, seen.effective
    mine, first = _units(component, host), _is_first(component, host)
    found = list(
        units.judge(host, effective, mine, target.settled_at.timestamp(), spared=component.one_is_enough)
    )
    well = [units.compared(effective, mine)]
    if first:
        found += wide.judge(host, effective, target.stage)
        well.append(wide.compared(host))
    if component.reports is not None and host.declared is not None:
        declared = host.declared.settings.get(component.name, {})
        found += settings.judge(host.name, component.reports, seen.reported, declared)
        well.append(settings.compared(declared))
    if host.declared is None:
        well.append("its manifest may be that of the release before: compared once it has this one's")
    return observed(found, well)


def agree(component: Component, seen: Iterable[Seen]) -> Observation:
    """Say whether hosts of a role have the same in effect: settings, units, kernel, network, packages.

    One host alone has nobody to differ from.
    """
    by_role: dict[str, list[Seen]] = {}
    for one in seen:
        by_role.setdefault(one.host.role, []).append(one)
    found: list[Finding] = []
    well: list[str] = []
    for role, members in by_role.items():
        values: Mapping[str, agreement.Values] = {one.host.name: _values(component, one) for one in members}
        mine = {unit for one in members for unit in _units(component, one.host)}
        of_each = component.reports.of_each if component.reports is not None else ()
        found += agreement.judge(values, agreement.shown(component.reports, mine), of_each)
        count = len({key for own in values.values() for key in own})
        well.append(f"{role} hosts alike in {count} values" if len(members) > 1 else f"one {role} host")
    return observed(found, well)


def _values(component: Component, seen: Seen) -> agreement.Values:
    found = agreement.reported(seen.host, seen.reported)
    found |= agreement.running(seen.host, seen.effective, _units(component, seen.host))
    return found | (agreement.wide(seen.host, seen.effective) if _is_first(component, seen.host) else {})


def _is_first(component: Component, host: TargetHost) -> bool:
    """Whether what a host has as a whole is looked at with this one of its components."""
    return component.name == host.components[0]


def _of_components(host: TargetHost) -> set[str]:
    return {unit for name in host.components for unit in loaded(PACKAGE, name).units}


def _units(component: Component, host: TargetHost) -> list[str]:
    """The units to judge with a component: its own, and with the first all that belong to none."""
    others = set(host.units) - _of_components(host) if _is_first(component, host) else set()
    return sorted({*component.units, *others})
