"""Whether one finding of a gate may explain another one. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.core.reliance import Reliance
from pipeline.core.verdict import Finding, Verdict

ONCE = "-"
Alike = tuple[str, str, Verdict, bool, int, bool, int]
FAR = 1_000_000  # more steps than there are components


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """How deep a finding is, compared field by field; the lower, the deeper.

    `tells` is whether it tells of all that went wrong; `layer` is how many components lie beneath each other
    below the highest one that it is about, -1 for the whole host, -2 for the gate; `about_others` is whether
    it is about more than its own component on its host and what this rests on; `order` is that within the
    component, `once` whether it is of the whole stage. The rest tells apart what is equally deep.
    """

    tells: bool
    layer: int
    about_others: bool
    order: int
    once: bool
    name: tuple[str, ...]


class Explaining:
    """The findings of one gate, and what its release declares."""

    def __init__(self, reliance: Reliance, findings: Sequence[Finding]) -> None:
        self._told = reliance
        names = {*reliance.hosts, *reliance.rests_on, *(one.component for one in findings)}
        self._beneath = {name: reliance.beneath(name) for name in names}
        self._layers: dict[str, int] = {}
        for name in sorted(names, key=lambda name: (len(self._beneath[name]), name)):
            below = (self._layers.get(other, -1) for other in self._beneath[name])
            self._layers[name] = 1 + max(below, default=-1)
        self._used = {
            (name, host): reliance.used(name, None if host == ONCE else host)
            for name, host in {(one.component, one.host) for one in findings}
        }
        self._everywhere = _everywhere(reliance, findings)
        self._lost = _lost(reliance, findings)
        self._ranks = {one: self._rank(one) for one in findings}

    def rank(self, finding: Finding) -> Rank:
        """How deep one of the findings is. Those of equal rank are equal."""
        return self._ranks[finding]

    def _rank(self, finding: Finding) -> Rank:
        told, check = self._told, finding.check
        others = self._looks_at(finding)
        layer = max(self._layers.get(name, 0) for name in (finding.component, *others))
        if not finding.component:
            layer = -2
        elif check in told.of_host:
            layer = -1
        known = (*told.of_host, *told.first)
        order = known.index(check) if check in known else len(known)
        name = (finding.component, check, finding.host, finding.verdict.value, finding.test, finding.seen)
        about_others = not others <= self._beneath[finding.component]
        tells = bool(finding.component) and check in told.last
        return Rank(tells, layer, about_others, order, finding.host == ONCE, name)

    def rests_on(self, one: Finding, other: Finding) -> bool:
        """Whether `other` may explain `one`: only if its rank is lower.

        What was not run says nothing about the stage: it is explained by a complaint about the gate, and
        explains nothing. A failure is not explained by what was not clear. Where the release does not say who
        carries what, nothing else is explained.
        """
        if _not_run(one) or _not_run(other) or not other.component:
            return _not_run(one) and not other.component
        if not self._told.hosts:
            return False
        unclear = one.verdict is Verdict.FAIL is not other.verdict
        if not one.component or unclear or self.rank(other) >= self.rank(one):
            return False
        return self._of_one_host(one, other) or self._of_one_component(one, other) or self._uses(one, other)

    def near(self, one: Finding) -> Iterator[tuple[str, ...]]:
        """The keys, as of `kept_by`, of all that may explain it: so few need to be asked by `rests_on`."""
        if _not_run(one):
            yield ("",)
        elif one.component:
            others = {name for name, _ in self._used[one.component, one.host]} | self._looks_at(one)
            # What tells of all that went wrong may tell of anything.
            names = self._beneath if self.rank(one).tells else {one.component, *others}
            yield from ((name,) for name in names if name)
            if one.host != ONCE:
                yield ("", one.host)

    def kept_by(self, other: Finding) -> Iterator[tuple[str, ...]]:
        """The keys by which `near` finds it; none of what was not run, since it explains nothing.

        They are `(component,)`, empty for a complaint about the gate, and `("", host)`.
        """
        if not _not_run(other):
            yield (other.component,)
            if other.component and other.host != ONCE:
                yield ("", other.host)

    def alike(self, other: Finding) -> Alike:
        """What decides which findings of other checks it may explain: it is the same for many."""
        rank = self.rank(other)
        depth = (rank.tells, rank.layer, rank.about_others, rank.order)
        return (other.component, other.host, other.verdict, *depth)

    def are_one(self, one: Finding, other: Finding) -> bool:
        """Whether they are the same check, red on every host of its component: no defect of a single host."""
        checks = {(finding.component, finding.check) for finding in (one, other)}
        return len(checks) == 1 and checks <= self._everywhere

    def _of_one_host(self, one: Finding, other: Finding) -> bool:
        """A defect of the host explains all that is red there; so does any if all its components are red."""
        of_host = other.check in self._told.of_host or one.host in self._lost
        return one.host == other.host != ONCE and of_host

    def _of_one_component(self, one: Finding, other: Finding) -> bool:
        """What is deeper explains the rest on its host and in the stage, and where others are looked at."""
        if one.component != other.component or one.check == other.check:
            return False
        ranks = [self.rank(finding) for finding in (other, one)]
        deeper, higher = ((rank.tells, rank.layer, rank.about_others, rank.order) for rank in ranks)
        if one.host != other.host and ONCE in {one.host, other.host}:
            return deeper <= higher
        beside = one.host != other.host and one.component in self._looks_at(one)
        return beside or (one.host == other.host and deeper < higher)

    def _uses(self, one: Finding, other: Finding) -> bool:
        """Of another component, which it rests on or looks at, on a host of which it uses it.

        What tells of all that went wrong is explained by users, too. Its rank is so high that it explains
        only what tells as well.
        """
        if one.component == other.component:
            return False
        if other.component in self._looks_at(one) or self._reaches(one, other):
            return True
        return self.rank(one).tells and not self.rank(other).tells and self._reaches(other, one)

    def _reaches(self, one: Finding, other: Finding) -> bool:
        """Whether the component of one uses that of the other there."""
        return self.steps(one, other) < FAR

    def steps(self, one: Finding, other: Finding) -> int:
        """By how many steps the component of one uses that of the other there; FAR if it does not."""
        used = self._used[one.component, one.host]
        if other.host != ONCE:
            return used.get((other.component, other.host), FAR)
        return min((steps for (name, _), steps in used.items() if name == other.component), default=FAR)

    def looks_at(self, one: Finding, other: Finding) -> bool:
        """Whether the check of one looks at the component of the other."""
        return other.component in self._looks_at(one)

    def _looks_at(self, finding: Finding) -> frozenset[str]:
        return frozenset(self._told.looks_at.get(f"{finding.component}/{finding.check}", ()))


def _not_run(finding: Finding) -> bool:
    """A check that the roster asks for has left no test."""
    return bool(finding.component) and not finding.test and finding.verdict is Verdict.INCONCLUSIVE


def _everywhere(reliance: Reliance, findings: Sequence[Finding]) -> set[tuple[str, str]]:
    """The components with a check that is red on each of several hosts, all that carry it."""
    red: dict[tuple[str, str], set[str]] = {}
    for one in findings:
        if not _not_run(one):
            red.setdefault((one.component, one.check), set()).add(one.host)
    carriers = {name: set(hosts) for name, hosts in reliance.hosts.items() if len(hosts) > 1}
    return {what for what, hosts in red.items() if what[0] in carriers and carriers[what[0]] <= hosts}


def _lost(reliance: Reliance, findings: Sequence[Finding]) -> set[str]:
    """The hosts with several components, all of which are red there."""
    carried: dict[str, set[str]] = {}
    for name, hosts in reliance.hosts.items():
        for host in hosts:
            carried.setdefault(host, set()).add(name)
    red: dict[str, set[str]] = {}
    for one in findings:
        if not _not_run(one):
            red.setdefault(one.host, set()).add(one.component)
    return {host for host, names in carried.items() if len(names) > 1 and names <= red.get(host, set())}
