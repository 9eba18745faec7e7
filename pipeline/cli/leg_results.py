"""The legs of an attempt afterwards: what was expected of each beside what came of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.cli.earlier_legs import Expected
from pipeline.cli.render import span, table
from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.leg_times import LegForecast, LegTime, leg_times
from pipeline.core.transitions import Phase

# Of an attempt of which a step failed, or a gate was not passed, no leg goes on.
_FORWARD = (Phase.BETWEEN, Phase.PERFORMING, Phase.GATING)


@dataclass(frozen=True, slots=True)
class LegResult:
    """One leg: what earlier attempts let one expect of it, and how long it took; None if it did not begin.

    With `goes_on` it is neither through nor given up.
    """

    name: str
    told: LegForecast
    took: LegTime | None
    goes_on: bool = False

    @property
    def state(self) -> str:
        """What became of it, in a word."""
        if self.took is None:
            return "not begun"
        if self.took.passed:
            return "passed"
        return "under way" if self.goes_on else "did not pass"


def leg_results(attempt: Attempt, records: Iterable[ev.Record], known: Expected) -> tuple[LegResult, ...]:
    """Each leg of an attempt; none of a plan that has not several."""
    took = {one.leg: one for one in leg_times(attempt, records)}
    legs = attempt.plan.legs if attempt.plan.has_sections else ()
    # Only the last that began can still be gone on with.
    goes_on = attempt.leg.name if attempt.phase in _FORWARD else None
    return tuple(
        LegResult(leg.name, known.leg(leg.name), took.get(leg.name), leg.name == goes_on) for leg in legs
    )


def results_lines(results: Sequence[LegResult]) -> Iterator[str]:
    """A table of them; no line without legs."""
    if not results:
        return
    rows = [
        (
            str(number),
            one.name,
            one.state,
            "-" if one.told.seconds is None else span(one.told.seconds),
            "-" if one.took is None else span(one.took.seconds),
            ", ".join(one.told.attempts) or "-",
        )
        for number, one in enumerate(results, 1)
    ]
    yield from table(("#", "LEG", "RESULT", "FORECAST", "TOOK", "FORECAST FROM"), rows)


def results_data(results: Sequence[LegResult]) -> list[dict[str, object]]:
    """The same as JSON data."""
    return [
        {
            "leg": one.name,
            "begun": one.took is not None,
            "passed": one.took is not None and one.took.passed,
            "forecast_s": one.told.seconds,
            "forecast_from": list(one.told.attempts),
            "took_s": None if one.took is None else one.took.seconds,
        }
        for one in results
    ]
