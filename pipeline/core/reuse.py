"""Which checks of a gate need not run, because they have passed here on the same inputs. Pure."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pipeline.core.attempt import Attempt
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.core.line import checks_of
from pipeline.core.passes import Pass
from pipeline.core.plan import Plan, Roster


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides whether a gate's evidence may be reused.

    `passes` are those of this gate in this stage. `within_s` is for how many seconds the line lets them be
    reused, 0 for never. `plan` is what changes hosts before the gate runs. `now` is in seconds since 1970.
    `anew` is whether nothing is to be reused.
    """

    passes: tuple[Pass, ...]
    within_s: float
    plan: Plan
    now: float
    anew: bool = False


@dataclass(frozen=True, slots=True)
class Reuse:
    """What is reused of a gate. Everything is by check, as "component/check".

    `inputs` is the digest of all that a check rests on; a check of which that is not known is not in it.
    `taken` is the attempt that ran a check that is not to be run. `why_not` is why each of the others is run.
    """

    inputs: Mapping[str, str] = field(default_factory=dict)
    taken: Mapping[str, str] = field(default_factory=dict)
    why_not: Mapping[str, str] = field(default_factory=dict)

    def without(self, checks: Collection[str]) -> "Reuse":
        """The same, but for these checks, which were run."""
        return replace(self, taken={name: by for name, by in self.taken.items() if name not in checks})

    def rest(self, roster: Roster) -> Roster:
        """What is left to run: the roster itself if nothing is reused."""
        if not self.taken:
            return roster
        left = tuple(entry for entry in roster.entries if entry.name not in self.taken)
        return replace(roster, entries=left, partial=True)


def terms_of(history: History, attempt: Attempt, gate: str, now: float) -> Terms:
    """The terms for a gate of this attempt. Only a promotion reuses evidence, by the line of its start."""
    rules = attempt.rules if attempt.kind is Kind.PROMOTE else None
    within_s = rules.reuse_s(gate) if rules else 0
    passes = history.stage(attempt.stage).passes.get(gate, ())
    return Terms(passes, within_s, attempt.plan, now, attempt.anew)


def watching(roster: Roster, watches: Mapping[str, tuple[str, ...]]) -> Roster:
    """The roster with the components that its checks watch, and with no other inputs than theirs."""
    checks = checks_of(roster)
    watched = {check: tuple(sorted(watches[check])) for check in checks if check in watches}
    roster = replace(roster, watches=watched)
    components = {component for check in checks for component in _rests_on(roster, check)}
    return replace(roster, inputs={name: told for name, told in roster.inputs.items() if name in components})


def reusable(roster: Roster, terms: Terms) -> Reuse:
    """What of this roster is reused on these terms.

    A check is reused if a promotion has passed the whole gate here and run this check, on exactly these
    inputs and not too long ago; if each judgement of these inputs since was a pass; and if no step has
    changed a host that the check rests on since, nor will one of the plan.
    """
    inputs = dict(_inputs(roster))
    known = {check: one for one in terms.passes for check in one.inputs}
    blanket = _why_nothing(roster, terms)
    taken, why_not = {}, {}
    for check in checks_of(roster):
        reason = blanket or _why_not(roster, terms, check, inputs.get(check), known.get(check))
        if reason is None:
            taken[check] = known[check].attempt
        else:
            why_not[check] = reason
    return Reuse(inputs, taken, why_not)


def _inputs(roster: Roster) -> Iterator[tuple[str, str]]:
    """The checks of which all is known that they rest on, each with the digest of it and of where it runs."""
    hosts: dict[str, set[str]] = {}
    for entry in roster.entries:
        hosts.setdefault(entry.name, set()).add(entry.host)
    for check in checks_of(roster):
        components = _rests_on(roster, check)
        if all(component in roster.inputs for component in components):
            rests = [[component, roster.inputs[component].digest] for component in components]
            text = json.dumps([sorted(hosts[check]), rests])
            yield check, hashlib.sha256(text.encode()).hexdigest()


def _rests_on(roster: Roster, check: str) -> tuple[str, ...]:
    """The components that the check looks at, its own included, sorted."""
    own = check.partition("/")[0]
    return tuple(sorted({own, *roster.watches.get(check, ())}))


def _why_nothing(roster: Roster, terms: Terms) -> str | None:
    """Why no check at all is reused."""
    if terms.anew:
        return "every check was asked for anew"
    if not terms.within_s:
        return "this site's line lets the gate reuse nothing"
    if not roster.inputs:
        return "it is not known what the checks of the release rest on"
    anywhere = (step.id for step in terms.plan.steps if step.host is None and step.changes_hosts)
    return next((f"step {name} belongs to no single host" for name in anywhere), None)


def _why_not(roster: Roster, terms: Terms, check: str, digest: str | None, found: Pass | None) -> str | None:
    """Why this check is not reused."""
    if digest is None:
        return "it is not known what it rests on"
    if found is None:
        return "it has no pass here that still counts"
    if found.inputs[check] != digest:
        return f"{found.attempt} passed it on other inputs"
    if not 0 <= terms.now - found.at <= terms.within_s:
        return f"{found.attempt} did not pass it within the last {terms.within_s:.0f} s"
    hosts = {host for component in _rests_on(roster, check) for host in roster.inputs[component].hosts}
    if step := next((step for step in terms.plan.steps if step.host in hosts), None):
        return f"step {step.id} changes {step.host}"
    since = (host for host in found.changed if host in hosts or not host)
    return next(
        (f"{host or 'the stage'} was changed after {found.attempt} passed it" for host in since), None
    )
