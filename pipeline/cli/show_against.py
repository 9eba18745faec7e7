"""`promote show --against`: what the measures of one attempt are beside those of another."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.cli.against import HEADER, changes
from pipeline.cli.call import Call
from pipeline.cli.faults import faults_of, seconds
from pipeline.cli.measures_kept import measures, sides
from pipeline.cli.output import warn
from pipeline.cli.render import counted, table
from pipeline.cli.result import print_result
from pipeline.core.attempt import Attempt
from pipeline.core.codec import plain
from pipeline.core.errors import UsageProblem
from pipeline.core.history import History
from pipeline.core.measures import Change, Compared, compared

_MEASURES = ("MEASURE", "VALUES", "MEDIAN BEFORE", "NOW", "DIFFERENCE", "SURE", "NOW IT IS")
_SUREST = 0.999
_LISTED = 6  # attempts that are named


def show_against(call: Call, history: History, site: Path, before: Attempt, now: Attempt) -> int:
    """Show the faults of both attempts, and what their releases measured. Raises UsageProblem without any."""
    faults = [faults_of(attempt, site) for attempt in (before, now)]
    whose = sides(history, before, now)
    kept = [measures(attempts, site, _left_out) for attempts in whose]
    for attempt, costs, told in zip((before, now), faults, kept, strict=True):
        if not costs and not told:
            _refuse(attempt, site)
    found, ranks = changes(*faults), compared(*kept)
    document = {
        "attempt": now.id,
        "against": before.id,
        "faults": [change.data() for change in found],
        "measured_by": {"before": [one.id for one in whose[0]], "now": [one.id for one in whose[1]]},
        "measures": [plain(one) for one in ranks],
    }
    lines = [f"{now.id} against {before.id}"]
    if found:
        worse = sum(bool(change.worse) for change in found)
        lines += table(HEADER, [change.row() for change in found])
        lines.append(f"{worse} of {len(found)} got worse" if worse else "nothing got worse")
    return print_result(call, document, [*lines, *_ranked(history, whose, ranks)])


def _left_out(problem: UsageProblem) -> None:
    warn("; ".join([*problem.lines(), "the comparison is without it"]))


def _refuse(attempt: Attempt, site: Path) -> None:
    gone = _gone(attempt, site)
    raise UsageProblem(
        f"{attempt.id} has no measures: {'its evidence is gone' if gone else 'it made no fault'}",
        where=gone,
        next=f"promote gate failover --stage {attempt.stage}",
    )


def _gone(attempt: Attempt, site: Path) -> str:
    """The directories of its gates that are not there (any more)."""
    places = [site / directory for directory in attempt.directories.values()]
    return ", ".join(str(place) for place in places if not place.is_dir())


def _ranked(history: History, whose: Sequence[Sequence[Attempt]], ranks: Sequence[Compared]) -> list[str]:
    """The comparison of the measures: the table, and in a sentence each what got worse."""
    if not ranks:
        return []
    before, now = (_side(history, attempts) for attempts in whose)
    return [
        f"by rank test, {now} against {before}",
        *table(_MEASURES, [_row(one) for one in ranks]),
        *(_sentence(one) for one in ranks if one.change is Change.WORSE),
    ]


def _side(history: History, attempts: Sequence[Attempt]) -> str:
    """The release, and the attempts that measured it."""
    names = [one.id for one in attempts[:_LISTED]]
    more = [f"{len(attempts) - _LISTED} more"] if len(attempts) > _LISTED else []
    return f"{history.releases[attempts[0].release].alias} ({', '.join([*names, *more])})"


def _row(one: Compared) -> tuple[str, ...]:
    return (
        one.name,
        f"{one.before} → {one.now}",
        _short(one.median_before_s),
        _short(one.median_now_s),
        _difference(one),
        _percent(one.sure),
        one.change.value,
    )


def _sentence(one: Compared) -> str:
    values = f"{counted(one.before, 'value')} before and {one.now} now"
    return f"{one.name} got worse by {_difference(one).lstrip('+')}, {_percent(one.sure)} sure, by {values}"


def _difference(one: Compared) -> str:
    """By how much, in seconds and, where the median before is not 0, in percent of it."""
    part = f" ({one.shift_s / one.median_before_s:+.0%})" if one.median_before_s else ""
    return f"{'+' if one.shift_s >= 0 else '-'}{_short(abs(one.shift_s))}{part}"


def _short(value: float) -> str:
    return seconds(value) if value >= 1 else f"{value * 1000:.0f}ms"


def _percent(sure: float) -> str:
    """Never 100 %: no test is that sure."""
    return "over 99.9%" if sure > _SUREST else f"{sure:.1%}"
