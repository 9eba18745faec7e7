"""A redeployment: one host of what stands verified in a stage is replaced, and smoke is run."""

from pipeline.core.kinds import Kind
from pipeline.core.policy.redeploys import may_redeploy, redeploy_choice
from pipeline.engine.preview import Preview
from pipeline.engine.promote import Beginning
from pipeline.engine.result import RunResult
from pipeline.engine.shown import Shown, do
from pipeline.workshop import Workshop


def redeploy(shop: Workshop, found: Preview, host: str, *, wait_s: float = 0.0) -> RunResult:
    """Do what `preview_redeploy` has shown, and nothing else, then run the gate that a rollback runs.

    If a step fails, the stage is rolled back to the same release, which brings back what was taken apart.
    Raises NotEligible if the plan refuses or what stands there has changed, StageHeld, Deferred, StageLocked,
    RunInterrupted.
    """
    stage, gate = found.stage, found.release.stages.stage(found.stage).rollback_gate()
    shown = Shown(
        found,
        choose=lambda history: redeploy_choice(history, stage),
        may=may_redeploy,
        beginning=Beginning(Kind.REDEPLOY, (gate,), redeploy=host),
        purpose=f"redeploy {host} in {stage}",
        refused=f"{host} is not redeployed",
        command=f"promote redeploy {host} --stage {stage}",
    )
    return do(shop, shown, wait_s=wait_s)
