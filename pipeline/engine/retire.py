"""A retirement: what the release that stands in a stage needs no more is removed, and all gates are run."""

from pipeline.core.kinds import Kind
from pipeline.core.policy.retirements import may_retire, retire_choice
from pipeline.engine.preview import Preview
from pipeline.engine.promote import Beginning
from pipeline.engine.result import RunResult
from pipeline.engine.shown import Shown, do
from pipeline.workshop import Workshop


def retire(shop: Workshop, found: Preview, *, wait_s: float = 0.0) -> RunResult:
    """Do what `preview_retire` has shown, and nothing else, then run every gate of the stage.

    Nothing is rolled back: where it does not get to its end, the stage is left as it is, and the next
    retirement goes on from there. Raises NotEligible if the plan refuses or what stands there has changed,
    StageHeld, Deferred, StageLocked, RunInterrupted.
    """
    stage = found.stage
    shown = Shown(
        found,
        choose=lambda history: retire_choice(history, stage),
        may=may_retire,
        beginning=Beginning(Kind.RETIRE, found.release.stages.stage(stage).gates),
        purpose=f"retire in {stage}",
        refused=f"nothing is retired in {stage}",
        command=f"promote retire --stage {stage}",
    )
    return do(shop, shown, wait_s=wait_s)
