"""Whether running programs have the settings that are declared: what they report of themselves is compared."""

from collections.abc import Iterator

from suites.harness.reports import Reports
from suites.readings.effective.finding import Finding, on
from suites.seam.declared import Settings


def judge(host: str, reports: Reports, effective: Settings, declared: Settings) -> Iterator[Finding]:
    """Yield the settings of a host that are not as declared; those of kinds that are whole must be declared."""
    for kind, wanted in declared.items():
        has = effective.get(kind, {})
        for name, value in wanted.items():
            if name not in has:
                yield Finding(
                    f"{kind} {name} is not there, declared {_shown(value)}", _look(host, reports, kind, name)
                )
            elif not reports.same(value, has[name]):
                said = f"{kind} {name} is {_shown(has[name])}, declared {_shown(value)}"
                yield Finding(said, _look(host, reports, kind, name))
    for kind in reports.whole:
        for name, value in effective.get(kind, {}).items():
            if name not in declared.get(kind, {}):
                said = f"{kind} {name} is there ({_shown(value)}), and nothing declares it"
                yield Finding(said, _look(host, reports, kind, name))


def compared(declared: Settings) -> str:
    """Return what was compared, for people."""
    each = [f"{len(wanted)} of kind {kind}" for kind, wanted in declared.items()]
    return f"settings as declared: {', '.join(each)}" if each else ""


def _look(host: str, reports: Reports, kind: str, name: str) -> str:
    return on(host, reports.shows[kind].replace("{name}", name))


def _shown(value: str) -> str:
    return value or "empty"
