"""What earlier attempts of a stage let one expect of a plan with legs: read from ledger and evidence."""

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipeline.cli.faults import faults_in
from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.forecast import went_well
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.core.leg_times import LegForecast, forecast, leg_times
from pipeline.core.legs import gate_name
from pipeline.core.plan import Plan
from pipeline.workshop import Office

_ENOUGH = 9  # of the newest such attempts; what was long ago tells little of today
_LOOKED_AT = 300  # attempts of the site, of any stage and kind


@dataclass(frozen=True, slots=True)
class Gap:
    """The longest time in which a client got no answer, in seconds, as a gate measured it; of which fault."""

    seconds: float
    fault: str
    attempt: str


@dataclass(frozen=True, slots=True)
class Expected:
    """What to expect of a plan: of each leg its duration and longest gap, and how long a rollback takes.

    `rollback_s` is the median of `rollbacks`, earlier ones of the stage; None if there is none. A leg whose
    gates measured no gap has none.
    """

    legs: tuple[LegForecast, ...] = ()
    gaps: Mapping[str, Gap] | None = None
    rollback_s: float | None = None
    rollbacks: tuple[str, ...] = ()

    def leg(self, name: str) -> LegForecast:
        """Of this leg; without seconds if nothing is known of it."""
        return next((leg for leg in self.legs if leg.leg == name), LegForecast(name, None))

    def gap(self, name: str) -> Gap | None:
        """The longest gap of this leg."""
        return (self.gaps or {}).get(name)


def expected(
    office: Office, history: History, plan: Plan, about: tuple[str, Kind], before: str | None = None
) -> Expected:
    """What the attempts of a stage and kind before this one (None: all) tell of a plan with legs."""
    stage, kind = about
    if not plan.legs:
        return Expected()
    earlier = list(islice((one for one in _before(history, stage, before) if _tells(one, kind)), _ENOUGH))
    past = {one.id: leg_times(one, _records(office, one)) for one in reversed(earlier)}
    back = islice((one for one in _before(history, stage, before) if one.kind is Kind.ROLLBACK), _ENOUGH)
    rollbacks = {one.id: _took(one) for one in back if _straight(office, one)}
    return Expected(
        forecast({leg.name: len(leg.steps) for leg in plan.legs}, past),
        _longest(earlier, office.site),
        statistics.median(rollbacks.values()) if rollbacks else None,
        tuple(reversed(rollbacks)),
    )


def _before(history: History, stage: str, attempt: str | None) -> Iterator[Attempt]:
    """The ended attempts of the stage before this one, the newest first, as far as they are looked at."""
    names = list(history.attempts)
    end = len(names) if attempt is None else names.index(attempt)
    found = (history.attempts[name] for name in reversed(names[max(0, end - _LOOKED_AT) : end]))
    return (one for one in found if one.stage == stage and one.outcome is not None)


def _tells(attempt: Attempt, kind: Kind) -> bool:
    return attempt.kind is kind and attempt.legs_started > 0


def _straight(office: Office, attempt: Attempt) -> bool:
    """Whether it went well, and one process drove it from its begin to its end."""
    resumed = (isinstance(record.event, ev.Resumed) for record in _records(office, attempt))
    return went_well(attempt.outcome) and not any(resumed)


def _records(office: Office, attempt: Attempt) -> Iterable[ev.Record]:
    """Its events, and those of other stages between them."""
    before = attempt.first_event - 1
    found = office.ledger.read(after=before, most=(attempt.last_event or before) - before)
    return [record for record in found if getattr(record.event, "attempt", None) == attempt.id]


def _took(attempt: Attempt) -> float:
    return (attempt.ended_at or attempt.started_at) - attempt.started_at


def _longest(attempts: Sequence[Attempt], site: Path) -> Mapping[str, Gap]:
    """By leg, the longest gap that its gates measured in any of these attempts."""
    gaps = (
        (leg.name, Gap(fault.longest_gap_s, fault.name, attempt.id))
        for attempt in attempts
        for leg in attempt.legs
        for gate in leg.gates
        if (place := attempt.directories.get(gate_name(attempt.plan.told(leg), gate)))
        for fault in faults_in(site / place)
        if fault.longest_gap_s is not None
    )
    found: dict[str, Gap] = {}
    for name, gap in gaps:
        if name not in found or gap.seconds > found[name].seconds:
            found[name] = gap
    return found
