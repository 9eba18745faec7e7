"""Joins what shards of a gate have reported with what is left to run: one verdict on the whole gate. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

from pipeline.core.causes import causes_first
from pipeline.core.gate_events import ShardJudged
from pipeline.core.plan import Roster, RosterEntry
from pipeline.core.reliance import Reliance
from pipeline.core.verdict import Evidence, Finding, Verdict, worst


@dataclass(frozen=True, slots=True)
class Joined:
    """What the shards of a gate have proved.

    `evidence` is that of each report that counts. `entries` are the roster's entries that they have settled,
    which are not run again. `why_not` is why the others, which were to pass, do not count.
    """

    evidence: tuple[Evidence, ...] = ()
    entries: frozenset[RosterEntry] = field(default_factory=frozenset)
    why_not: tuple[str, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether the gate can't pass any more, so that nothing more of it is run."""
        return any(one.verdict is not Verdict.PASS for one in self.evidence)

    def rest(self, roster: Roster) -> Roster:
        """What is left of a roster: itself if the shards have settled nothing of it."""
        left = tuple(entry for entry in roster.entries if entry not in self.entries)
        return roster if len(left) == len(roster.entries) else replace(roster, entries=left, partial=True)

    def whole(self, roster: Roster, rest: Evidence | None) -> Evidence:
        """The evidence on the whole roster; `rest` is that on what was left, None if it was not run.

        It is a pass only if each report that counts was one, and so was the rest.
        """
        parts = self.evidence if rest is None else (*self.evidence, rest)
        if rest is None and not self.decided:
            parts = (*parts, _unproved("what no shard has settled was not run"))
        return _sum(parts, len(set(roster.entries)))


def join(roster: Roster, inputs: Mapping[str, str], told: Sequence[ShardJudged]) -> Joined:
    """What these reports of shards of one gate prove of this roster.

    `inputs` is the digest of what each check rests on now, by "component/check", as far as it is known.
    A pass counts if its shard was about this very gate: the same definition, entries of this roster alone,
    each with the inputs of now. Otherwise its checks are run again. What is no pass counts always, and so
    does a check of which two shards have reported: that proves nothing. A shard that has not reported, or
    never began, has settled nothing.
    """
    evidence: list[Evidence] = []
    entries: set[RosterEntry] = set()
    why_not: list[str] = []
    for one in told:
        if one.evidence.verdict is not Verdict.PASS:
            evidence.append(one.evidence)
            continue
        if reason := _why_not(roster, inputs, one):
            why_not.append(f"shard {one.shard} of {one.full_name}: {reason}")
            continue
        if twice := sorted(entry.name for entry in entries & set(one.roster.entries)):
            evidence.append(_unproved(f"two shards have judged {twice[0]}, and each was to be judged once"))
            continue
        evidence.append(one.evidence)
        entries |= set(one.roster.entries)
    return Joined(tuple(evidence), frozenset(entries), tuple(why_not))


def _why_not(roster: Roster, inputs: Mapping[str, str], one: ShardJudged) -> str | None:
    """Why a pass of this shard does not count; None if it does."""
    if one.roster.definition != roster.definition:
        return "the gate was defined otherwise"
    if len(set(one.roster.entries)) != one.evidence.passed:
        return "it passed without all that it was to see"
    for entry in one.roster.entries:
        if entry not in roster.entries:
            return f"{entry.name} on {entry.host} is not asked for"
        if one.inputs.get(entry.name) != inputs.get(entry.name):
            return f"{entry.name} rests on something else by now"
    return None


def _sum(parts: Iterable[Evidence], wanted: int) -> Evidence:
    """The evidence on so many entries, of which each part has judged some others."""
    parts = tuple(parts)
    joined = Evidence(
        worst(one.verdict for one in parts),
        tuple(finding for one in parts for finding in one.findings),
        sum(one.passed for one in parts),
        wanted,
        tuple(retake for one in parts for retake in one.retakes),
        reliance=reduce(Reliance.merged, (one.reliance for one in parts), Reliance()),
    )
    return causes_first(joined)


def _unproved(why: str) -> Evidence:
    return Evidence(Verdict.INCONCLUSIVE, (Finding(Verdict.INCONCLUSIVE, "", "-", "shards", why),), 0, 0)
