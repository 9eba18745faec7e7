"""How often checks were green, as a table for people and as JSON data. Pure."""

from collections.abc import Iterable, Sequence

from pipeline.cli.render import counted, table
from pipeline.core.check_counts import CheckCount

HEADER = ("GATE", "CHECK", "RUNS", "GREEN", "INCONCLUSIVE", "RED", "NOT GREEN ON", "IN")
NOWHERE = "-"
_ATTEMPTS = 5  # so many are named in a row; -o json has all


def count_lines(counts: Sequence[CheckCount]) -> list[str]:
    """A row for each check that was not green in every run, the worst first; and how many always were."""
    rows = [_row(one) for one in sorted(counts, key=_worst_first) if not one.steady]
    steady = [one for one in counts if one.steady]
    runs = sum(one.runs for one in steady)
    told = f"{counted(len(steady), 'check')} green in every run ({runs} in all)"
    return [*(table(HEADER, rows) if rows else ()), *([told] if steady else ())]


def count_data(counts: Iterable[CheckCount]) -> list[dict[str, object]]:
    """All checks as JSON data."""
    return [
        {
            "gate": one.gate,
            "component": one.component,
            "check": one.check,
            "runs": one.runs,
            "green": one.green,
            "inconclusive": one.inconclusive,
            "red": one.red,
            "hosts": list(one.hosts),
            "attempts": list(one.attempts),
        }
        for one in counts
    ]


def _worst_first(count: CheckCount) -> tuple[float, str]:
    return count.green / count.runs, count.name


def _row(count: CheckCount) -> tuple[str, ...]:
    shown = count.attempts[-_ATTEMPTS:]
    attempts = " ".join((*(["…"] if len(shown) < len(count.attempts) else []), *shown))
    numbers = map(str, (count.runs, count.green, count.inconclusive, count.red))
    return (count.gate, count.name, *numbers, " ".join(count.hosts) or NOWHERE, attempts)
