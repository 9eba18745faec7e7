"""The line: the rules of a site. They belong to the site, not to the releases that are judged by them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline.core.actor import Actor
from pipeline.core.approval import NONE_NEEDED, ApprovalRule
from pipeline.core.forge_rule import NOTHING_TAKEN, ForgeRule
from pipeline.core.freeze import Freeze
from pipeline.core.identity import Identity
from pipeline.core.plan import Roster
from pipeline.core.stages import SMOKE, StageGraph

_FAILOVER = "failover"
_HOUR_S, _WEEK_S = 3600, 7 * 24 * 3600

# For each gate, the checks that its roster must have, each as "component/check".
Least = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class LineGate:
    """A gate that a stage requires. `least` are checks its roster must have, each as "component/check".

    `reuse_s` is for how many seconds a pass of a check may stand for another run of it; 0: never.
    """

    name: str
    least: tuple[str, ...] = ()
    reuse_s: int = 0


@dataclass(frozen=True, slots=True)
class LineStage:
    """A stage: its gates, and the stages in which a release must be verified before it enters.

    It must be in each of them, or with `after_any` in one. `lab` is whether a broken stage may be left
    standing. `soak_s` is for how many seconds a release must have stood verified there. `freezes` are when no
    promotion enters. `overriders` are the names of those who may override a gate; with `overriders_verified`
    only if somebody else vouches for the name. `approvals` are those that a promotion needs. `protected` is
    whether a person who promotes into it is asked first. `forge` is what it takes from a forge. Records of
    older versions lack the last three fields.
    """

    name: str
    after: tuple[str, ...]
    gates: tuple[LineGate, ...]
    lab: bool = False
    soak_s: int = 0
    freezes: tuple[Freeze, ...] = ()
    approvals: ApprovalRule = NONE_NEEDED
    after_any: bool = False
    overriders: tuple[str, ...] = ()
    protected: bool = False
    overriders_verified: bool = False
    forge: ForgeRule = NOTHING_TAKEN

    @property
    def before(self) -> str:
        """The stages before, in words: `a and b`, or `a or b` where one is enough."""
        return (" or " if self.after_any else " and ").join(self.after)

    @property
    def first(self) -> bool:
        """Whether any pinned release may enter."""
        return not self.after

    @property
    def least(self) -> Least:
        """For each required gate, the checks that its roster must have."""
        return {gate.name: gate.least for gate in self.gates}

    def reuse_s(self, gate: str) -> int:
        """For how many seconds evidence of this gate may be reused; 0, also if it is not required: never."""
        return next((item.reuse_s for item in self.gates if item.name == gate), 0)

    def may_not_override(self, person: Actor) -> str | None:
        """Why this person may not override its gates; None if they may."""
        if person.name not in self.overriders:
            return f"this site's line allows {', '.join(self.overriders) or 'nobody'}"
        if self.overriders_verified and not person.proved:
            return f"nobody vouches for the name {person.name}"
        return None


@dataclass(frozen=True, slots=True)
class Line:
    """The stages of a site, in order. Names are unique, and `after` names earlier stages only.

    `identity` is whose tokens prove who somebody is; None: nobody's.
    """

    stages: tuple[LineStage, ...]
    identity: Identity | None = None

    def __str__(self) -> str:
        return " → ".join(self.names())

    def names(self) -> tuple[str, ...]:
        """The names of the stages, in order."""
        return tuple(stage.name for stage in self.stages)

    def stage(self, name: str) -> LineStage | None:
        """The stage with this name; None when the line has none."""
        return next((stage for stage in self.stages if stage.name == name), None)

    def problems(self) -> tuple[str, ...]:
        """Why this line is unusable; empty when it is valid."""
        found: list[str] = []
        seen: set[str] = set()
        for stage in self.stages:
            if stage.name in seen:
                found.append(f"stage {stage.name} is named twice")
            found += [
                f"stage {stage.name} comes after {before}, which is not an earlier stage"
                for before in stage.after
                if before not in seen
            ]
            if stage.soak_s < 0 or (stage.soak_s and not stage.after):
                found.append(f"stage {stage.name} cannot ask for {stage.soak_s} s in the stages before it")
            found += [f"stage {stage.name} {problem}" for problem in stage.approvals.problems()]
            if stage.after_any and not stage.after:
                found.append(f"stage {stage.name} comes after any of no stages")
            if not stage.gates:
                found.append(f"stage {stage.name} has no gate, so nothing could ever be verified in it")
            seen.add(stage.name)
        if self.identity is not None:
            found += self.identity.problems().values()
        return tuple(found) if self.stages else ("there is no stage",)

    def unreadable_freezes(self) -> tuple[str, ...]:
        """Why its calendars cannot be read on this machine. A ledger that has them is sound all the same."""
        return tuple(
            f"stage {stage.name}, freeze {freeze.why!r}: {problem}"
            for stage in self.stages
            for freeze in stage.freezes
            for problem in freeze.problems()
        )

    def with_policy_of(self, before: "Line") -> "Line":
        """This line, with what no config describes taken from another: identity and the policy of stages."""
        stages = tuple(_with_policy(stage, before.stage(stage.name)) for stage in self.stages)
        return Line(stages, before.identity)


def _with_policy(stage: LineStage, before: LineStage | None) -> LineStage:
    if before is None:
        return stage
    known = {gate.name: gate.reuse_s for gate in before.gates}
    gates = tuple(replace(gate, reuse_s=known.get(gate.name, gate.reuse_s)) for gate in stage.gates)
    soak_s = before.soak_s if stage.after else 0
    return replace(
        stage,
        gates=gates,
        soak_s=soak_s,
        freezes=before.freezes,
        approvals=before.approvals,
        overriders=before.overriders,
        overriders_verified=before.overriders_verified,
        protected=before.protected,
        forge=before.forge,
    )


def line_of(graph: StageGraph, checks: Mapping[str, Least] | None = None) -> Line:
    """The line that a release's own config describes; its last stage is protected.

    `checks` are the least of its gates, by stage.

    No config says for how long evidence may be reused: that of smoke for an hour, that of other gates for a
    week, but that of failover never in the last stage.
    """
    least, last = checks or {}, graph.stages[-1:]
    return Line(
        tuple(
            LineStage(
                name=spec.name,
                after=() if spec.after is None else (spec.after,),
                gates=tuple(
                    LineGate(gate, least.get(spec.name, {}).get(gate, ()), _reuse_s(gate, last=spec in last))
                    for gate in spec.gates
                ),
                lab=spec.lab,
                protected=spec is graph.stages[-1],
            )
            for spec in graph.stages
        )
    )


def _reuse_s(gate: str, *, last: bool) -> int:
    if gate == SMOKE:
        return _HOUR_S
    return 0 if last and gate == _FAILOVER else _WEEK_S


def checks_of(roster: Roster) -> tuple[str, ...]:
    """The checks of a roster as a line names them, sorted, each once however many hosts have it."""
    return tuple(sorted({entry.name for entry in roster.entries}))


def missing_checks(least: Iterable[str], roster: Roster) -> tuple[str, ...]:
    """The checks that a gate must see and that this roster lacks."""
    return tuple(sorted(set(least) - set(checks_of(roster))))


def taken_away(line: Line, graph: StageGraph) -> tuple[str, ...]:
    """The stages and gates of the line that a release's config lacks."""
    own = {spec.name: spec.gates for spec in graph.stages}
    found = []
    for stage in line.stages:
        if stage.name not in own:
            found.append(f"stage {stage.name}")
            continue
        found += [
            f"gate {gate.name} of {stage.name}" for gate in stage.gates if gate.name not in own[stage.name]
        ]
    return tuple(found)


def difference(before: Line | None, after: Line) -> tuple[str, ...]:
    """What changes from one line to the other, a rule in each line of text, with + or - in front."""
    old, new = _rules(before), _rules(after)
    gone = [f"- {rule}" for rule in old if rule not in set(new)]
    return (*gone, *(f"+ {rule}" for rule in new if rule not in set(old)))


def _rules(line: Line | None) -> tuple[str, ...]:
    found = [f"identity: {line.identity}"] if line and line.identity else []
    for stage in line.stages if line else ():
        place = f"after {stage.before}" if stage.after else "first"
        found.append(f"stage {stage.name}: {place}")
        if stage.soak_s:
            found.append(f"stage {stage.name}: soak {stage.soak_s} s")
        if stage.approvals.count:
            found.append(f"stage {stage.name}: {stage.approvals}")
        found += [
            f"stage {stage.name}: frozen from {one.begins} {one.zone}, {one.lasts_s} s {one.rule}: {one.why}"
            for one in stage.freezes
        ]
        proved = ", if the name is verified" if stage.overriders_verified else ""
        found += [f"stage {stage.name}: {name} may override gates{proved}" for name in stage.overriders]
        if stage.lab:
            found.append(f"stage {stage.name}: a broken stage may be left standing")
        if stage.protected:
            found.append(f"stage {stage.name}: protected, so a person who promotes into it is asked")
        if stage.forge != NOTHING_TAKEN:
            found.append(f"stage {stage.name}: of the forge, {stage.forge}")
        for gate in stage.gates:
            found.append(f"stage {stage.name}: gate {gate.name}")
            if gate.reuse_s:
                found.append(f"stage {stage.name}: gate {gate.name} reuses evidence for {gate.reuse_s} s")
            found += [f"stage {stage.name}: gate {gate.name} sees {check}" for check in gate.least]
    return tuple(found)
