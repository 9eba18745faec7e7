"""How much of each gate a promotion would run, and how much it would reuse."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.core.history import History
from pipeline.core.judgement import reused_counts
from pipeline.core.legs import completed, gate_name
from pipeline.core.plan import Plan
from pipeline.core.release import Release
from pipeline.core.reuse import Terms, reusable
from pipeline.engine.gating import resting
from pipeline.engine.rosters import Rosters
from pipeline.ports import Context
from pipeline.workshop import Workshop

# What the checks of a release watch is asked of its copy, and so is what it could reuse.
UNKNOWN = "how much of that is reused is known once the release is pinned"


@dataclass(frozen=True, slots=True)
class Promoted:
    """The release that would be promoted, whether it is pinned, and the context of calls to its code."""

    release: Release
    context: Context
    pinned: bool = True


@dataclass(frozen=True, slots=True)
class GatePreview:
    """How many checks of a gate would be run; how many would be reused, by the attempt that ran them.

    `why` is why the first of those is run that are not reused, or why that is not known; None if there is
    nothing to say. `leg` is the one that it ends, None in a plan that has not several.
    """

    gate: str
    run: int
    reused: Mapping[str, int] = field(default_factory=dict)
    why: str | None = None
    leg: str | None = None

    def line(self) -> str:
        """The gate as text."""
        reused = "".join(f", {count} from {attempt}" for attempt, count in self.reused.items())
        why = f" ({self.why})" if self.why else ""
        return f"gate {gate_name(self.leg or '', self.gate)}: {self.run} to run{why}{reused}"


def whole_gates(
    rosters: Rosters, context: Context, plan: Plan, gates: Sequence[str]
) -> tuple[GatePreview, ...]:
    """The gates of an attempt that must pass these, after this plan, and reuses nothing.

    Raises what `Deployer.roster` raises.
    """
    return tuple(
        replace(whole_gate(rosters, there, gate), leg=leg) for there, leg, gate in _due(context, plan, gates)
    )


def whole_gate(rosters: Rosters, context: Context, gate: str) -> GatePreview:
    """A gate that reuses nothing. Raises what `Deployer.roster` raises."""
    return GatePreview(gate, len(set(rosters.of(context, gate).entries)))


def _due(context: Context, plan: Plan, gates: Sequence[str]) -> Iterator[tuple[Context, str | None, str]]:
    """The gates of each leg: the context in which each runs, the leg as it is told, and the gate."""
    for leg in completed(plan.legs, (step.id for step in plan.steps), gates):
        there = replace(context, leg=leg.name or None)
        yield from ((there, plan.told(leg) or None, gate) for gate in leg.gates)


def preview_gates(
    shop: Workshop, history: History, promoted: Promoted, rosters: Rosters, plan: Plan
) -> tuple[GatePreview, ...]:
    """The gates of a promotion, after this plan; nothing is run. Raises what `Deployer.roster` raises."""
    release, context = promoted.release, promoted.context
    rules = history.line_for(release).stage(context.stage)
    found = []
    for there, leg, gate in _due(context, plan, release.stages.stage(context.stage).gates):
        within_s = rules.reuse_s(gate) if rules else 0
        passes = history.stage(context.stage).passes.get(gate, ())
        if not promoted.pinned:
            why = UNKNOWN if within_s and passes else None
            found.append(replace(whole_gate(rosters, there, gate), why=why, leg=leg))
            continue
        roster = resting(shop, there, gate, rosters.of(there, gate), may_reuse=within_s > 0)
        reuse = reusable(roster, Terms(passes, within_s, plan, shop.clock.now()))
        left = set(reuse.rest(roster).entries)
        why = next((f"{check}: {reason}" for check, reason in reuse.why_not.items()), None)
        found.append(GatePreview(gate, len(left), reused_counts(roster, reuse.taken), why, leg))
    return tuple(found)
