"""How often checks are not green without a defect, by what the ledger has of their gates. Pure.

Without a defect is what was verified: a check is counted where an attempt verified the same release in the
same stage, before or afterwards, and the check was green there: by the same definition of its gate, on the
same inputs. What is not green then is due to the harness, or to a stage that is not steady.
"""

from collections.abc import Iterable, Iterator

from pipeline.core.check_counts import WHOLE, CheckCount, counted, verdicts_of
from pipeline.core.events import AttemptEnded, AttemptStarted, Record
from pipeline.core.gate_events import GateJudged
from pipeline.core.kinds import Outcome
from pipeline.core.plan import Roster

# More than one run in so many is a defect of the harness or of the stage.
ONE_IN = 50

# A gate that was judged by a roster, with the roster and the start of its attempt.
_Judged = tuple[GateJudged, Roster, AttemptStarted]


def is_defect(count: CheckCount) -> bool:
    """Whether it was not green more often than once in ONE_IN runs."""
    return (count.runs - count.green) * ONE_IN > count.runs


def is_known(count: CheckCount) -> bool:
    """Whether there were so many runs that a rate of one in ONE_IN would show."""
    return is_defect(count) or count.runs >= ONE_IN


def rates(
    records: Iterable[Record], stage: str | None = None, gate: str | None = None
) -> tuple[CheckCount, ...]:
    """The counts of each check without a defect, in one stage or all, of one gate or all.

    A check that was green in no attempt that verified its release is left out: nobody knows whether it was
    right to be red.
    """
    started: dict[str, AttemptStarted] = {}
    verified: set[str] = set()
    judged: list[_Judged] = []
    for record in records:
        match record.event:
            case AttemptStarted(attempt=attempt) as start:
                started[attempt] = start
            case AttemptEnded(attempt=attempt, outcome=Outcome.VERIFIED):
                verified.add(attempt)
            case GateJudged(roster=Roster() as roster) as one if gate in (None, one.gate):
                judged.append((one, roster, started[one.attempt]))
    sound = {about for one in judged if one[0].attempt in verified for about in _proved(one)}
    wanted = [one for one in judged if stage in (None, one[2].stage)]
    return counted(
        verdict
        for one in wanted
        for verdict in verdicts_of(one[0])
        if _about(one, verdict.component, verdict.check) in sound
    )


def _proved(judged: _Judged) -> Iterator[tuple[str, ...]]:
    """What each check that passed was about, whether it was run or reused."""
    event, roster, _ = judged
    against = {(finding.component, finding.check) for finding in event.evidence.findings}
    for check in {(entry.component, entry.check) for entry in roster.entries} - against:
        yield _about(judged, *check)
    if not any(finding.component == "" for finding in event.evidence.findings):
        yield _about(judged, WHOLE, event.gate)


def _about(judged: _Judged, component: str, check: str) -> tuple[str, ...]:
    """All that must be the same for two verdicts on a check to be about the same."""
    event, roster, start = judged
    rests_on = event.inputs.get(f"{component}/{check}", "")
    return (start.stage, start.release, event.full_name, roster.definition, component, check, rests_on)
