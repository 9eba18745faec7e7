"""Groups the findings of a gate by what rests on what: causes, each with its likely consequences. Pure.

Each finding has a rank, and may rest on findings of lower rank alone: so nothing rests on itself, whatever
the release declares, and the order of the findings decides nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pipeline.core.explaining import Explaining, Rank
from pipeline.core.reliance import Reliance
from pipeline.core.verdict import Evidence, Finding, Verdict


@dataclass(frozen=True, slots=True)
class Cause:
    """A finding that rests on no other one, and those that it is likely to have caused, deepest first.

    `shared` is how many of these rest on another cause as well; they are counted once, with the nearest.
    """

    finding: Finding
    consequences: tuple[Finding, ...] = ()
    shared: int = 0

    @property
    def counted(self) -> Mapping[str, int]:
        """How many consequences each component has, the most first; a gate's own complaints are `-`."""
        names = [one.component or "-" for one in self.consequences]
        return {name: names.count(name) for name in sorted(set(names), key=lambda n: (-names.count(n), n))}


def causes_of(evidence: Evidence) -> tuple[Cause, ...]:
    """The causes of a gate's findings, that with the most consequences first, failures before all others.

    Each finding is in exactly one of them, once; it is a cause if and only if it rests on no other.
    """
    return grouped(evidence.findings, evidence.reliance)


def causes_first(evidence: Evidence) -> Evidence:
    """The same evidence, the causes first among its findings; without any it has no reliance."""
    if not evidence.findings:
        return replace(evidence, reliance=Reliance())
    told = causes_of(evidence)
    consequences = (finding for cause in told for finding in cause.consequences)
    return replace(evidence, findings=(*(cause.finding for cause in told), *consequences))


def grouped(findings: Sequence[Finding], reliance: Reliance) -> tuple[Cause, ...]:
    """The same of findings and what is declared."""
    explaining = Explaining(reliance, findings)
    ordered = sorted(findings, key=explaining.rank)
    reached = _reached(explaining, ordered)
    held: dict[int, list[int]] = {at: [] for at, causes in enumerate(reached) if not causes}
    for at, causes in enumerate(reached):
        if causes:
            held[min(causes, key=partial(_distance, explaining, ordered, ordered[at]))].append(at)
    told = [
        Cause(ordered[cause], tuple(ordered[at] for at in mine), sum(len(reached[at]) > 1 for at in mine))
        for cause, mine in held.items()
    ]
    return tuple(sorted(told, key=lambda cause: _urgency(cause, explaining.rank(cause.finding))))


def _reached(explaining: Explaining, ordered: Sequence[Finding]) -> Sequence[frozenset[int]]:
    """Of each finding the places of the causes that it rests on; of a cause, none. The deepest are first.

    One that rests on nothing else goes with the same check on other hosts, if it is red on all of them.
    """
    found: list[frozenset[int]] = []
    behind: list[frozenset[int]] = []  # of a cause itself, of another one its causes
    places: dict[
        tuple[str, ...], list[int]
    ] = {}  # of what was seen before, by its component, and by its host
    alone: dict[tuple[str, str], list[int]] = {}  # of the causes, by component and check
    for at, one in enumerate(ordered):
        causes: set[int] = set()
        for place in (place for key in explaining.near(one) for place in places.get(key, ())):
            # Asking is slow, so only for what would be new.
            if not behind[place] <= causes and explaining.rests_on(one, ordered[place]):
                causes |= behind[place]
        check = (one.component, one.check)
        if not causes:
            causes.update(place for place in alone.get(check, ()) if explaining.are_one(one, ordered[place]))
        found.append(frozenset(causes))
        behind.append(found[at] or frozenset({at}))
        if not causes:
            alone.setdefault(check, []).append(at)
        for key in explaining.kept_by(one):
            places.setdefault(key, []).append(at)
    return found


def _distance(
    explaining: Explaining, ordered: Sequence[Finding], one: Finding, place: int
) -> tuple[bool, bool, bool, int, int, int]:
    """The least is the nearest cause: on its host, of its component, looked at, or by the fewest steps."""
    cause = ordered[place]
    layer = explaining.rank(cause).layer
    return (
        one.host != cause.host,
        one.component != cause.component,
        not explaining.looks_at(one, cause),
        explaining.steps(one, cause),
        -layer,
        place,
    )


def _urgency(cause: Cause, rank: Rank) -> tuple[bool, int, Rank]:
    return (cause.finding.verdict is not Verdict.FAIL, -len(cause.consequences), rank)
