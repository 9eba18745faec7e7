"""Whether running programs report the settings that are declared."""

from collections.abc import Iterator

from suites.harness.reports import Reports
from suites.readings.effective.finding import Finding, on
from suites.seam.declared import Settings


def judge(host: str, reports: Reports, effective: Settings, declared: Settings) -> Iterator[Finding]:
    """Yield the settings that are not as declared; of a whole kind, also those that are too many."""
    for kind, wanted in declared.items():
        has = effective.get(kind, {})
        for name, value in wanted.items():
            if name not in has:
                said = f"{kind} {name} is not there, declared {_shown(value)}"
                yield Finding(said, _look(host, reports, kind, name))
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
    count = sum(len(wanted) for wanted in declared.values())
    return f"settings as declared: {count}" if count else ""


def _look(host: str, reports: Reports, kind: str, name: str) -> str:
    return on(host, reports.shows[kind].replace("{name}", name))


def _shown(value: str) -> str:
    return value or "empty"
