"""How much of each gate a promotion would run, and how much it would reuse."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.core.history import History
from pipeline.core.judgement import reused_counts
from pipeline.core.plan import Plan
from pipeline.core.reuse import Terms, reusable
from pipeline.engine.gating import resting
from pipeline.ports import Context
from pipeline.workshop import Workshop


@dataclass(frozen=True, slots=True)
class GatePreview:
    """How many checks of a gate would be run; how many would be reused, by the attempt that ran them.

    `why` is why the first of those is run that are not reused; None if there is none.
    """

    gate: str
    run: int
    reused: Mapping[str, int] = field(default_factory=dict)
    why: str | None = None

    def line(self) -> str:
        """The gate as text."""
        reused = "".join(f", {count} from {attempt}" for attempt, count in self.reused.items())
        why = f" ({self.why})" if self.why else ""
        return f"gate {self.gate}: {self.run} to run{why}{reused}"


def preview_gates(shop: Workshop, history: History, context: Context, plan: Plan) -> tuple[GatePreview, ...]:
    """The gates of a promotion of this release into this stage, after this plan; nothing is run.

    Raises what `Deployer.roster` raises.
    """
    release, view = history.releases[context.release], history.stage(context.stage)
    rules = history.line_for(release).stage(context.stage)
    found = []
    for gate in release.stages.stage(context.stage).gates:
        within_s = rules.reuse_s(gate) if rules else 0
        roster = shop.deployer.roster(context, gate)
        roster = resting(shop, context, gate, roster, may_reuse=within_s > 0)
        terms = Terms(view.passes.get(gate, ()), within_s, plan, shop.clock.now())
        reuse = reusable(roster, terms)
        left = set(reuse.rest(roster).entries)
        why = next((f"{check}: {reason}" for check, reason in reuse.why_not.items()), None)
        found.append(GatePreview(gate, len(left), reused_counts(roster, reuse.taken), why))
    return tuple(found)
