"""Groups the findings of a gate by what rests on what: causes, each with its likely consequences. Pure.

Each finding has a rank, and may rest on findings of lower rank alone: so nothing rests on itself, whatever
the release declares, and the order of the findings decides nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pipeline.core.explaining import Alike, Explaining, Rank
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
    known: dict[frozenset[int], frozenset[int]] = {}  # equal ones are kept once, for comparing them is slow
    # Those before, by component and by host, and of these the alike ones together.
    before: dict[tuple[str, ...], dict[Alike, list[int]]] = {}
    alone: dict[tuple[str, str], list[int]] = {}  # of the causes, by component and check
    for at, one in enumerate(ordered):
        near = (alike for key in explaining.near(one) for alike in before.get(key, {}).values())
        below = (place for alike in near for place in _explaining_it(explaining, one, ordered, alike))
        causes = frozenset[int]().union(*{behind[place] for place in below})
        check = (one.component, one.check)
        if not causes:
            same = alone.get(check, ())
            causes = frozenset(place for place in same if explaining.are_one(one, ordered[place]))
        found.append(causes)
        behind.append(known.setdefault(causes, causes) or frozenset({at}))
        if not causes:
            alone.setdefault(check, []).append(at)
        for key in explaining.kept_by(one):
            before.setdefault(key, {}).setdefault(explaining.alike(one), []).append(at)
    return found


def _explaining_it(
    explaining: Explaining, one: Finding, ordered: Sequence[Finding], alike: Sequence[int]
) -> Iterator[int]:
    """Those of the places that it rests on. One answer holds for all, but for those of its own check."""
    check = (one.component, one.check)
    own = [place for place in alike if (ordered[place].component, ordered[place].check) == check]
    yield from (place for place in own if explaining.rests_on(one, ordered[place]))
    others = [place for place in alike if place not in own] if own else alike
    if others and explaining.rests_on(one, ordered[others[0]]):
        yield from others


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
