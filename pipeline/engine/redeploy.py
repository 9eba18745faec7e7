"""A redeployment: one host of what stands verified in a stage is replaced, and smoke is run."""

from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.core.policy.decision import Deny, Obstacle
from pipeline.core.policy.question import Question
from pipeline.core.policy.redeploys import may_redeploy, redeploy_choice
from pipeline.engine.drive import drive
from pipeline.engine.leasing import locked
from pipeline.engine.preview import Preview
from pipeline.engine.promote import Admission, Beginning, require, start
from pipeline.engine.result import RunResult
from pipeline.workshop import Workshop


def redeploy(shop: Workshop, found: Preview, host: str, *, wait_s: float = 0.0) -> RunResult:
    """Do what `preview_redeploy` has shown, and nothing else, then run the gate that a rollback runs.

    If a step fails, the stage is rolled back to the same release, which brings back what was taken apart.
    Raises NotEligible if the plan refuses or what stands there has changed, StageHeld, Deferred, StageLocked,
    RunInterrupted.
    """
    stage, release = found.stage, found.release
    # An open attempt may still be running: the lease below tells a locked stage from an interrupted run.
    if not (isinstance(found.decision, Deny) and found.decision.obstacle is Obstacle.OPEN_ATTEMPT):
        require(found.decision, release, stage)
    if found.plan.refusals:
        raise NotEligible(
            f"{host} is not redeployed; nothing was changed",
            where=f"stage {stage}",
            why="; ".join(found.plan.refusals),
            next=f"promote redeploy {host} --stage {stage}",
        )

    def admitted(history: History) -> Admission:
        if redeploy_choice(history, stage).id != release.id:
            raise NotEligible(
                f"{release.alias} does not stand in {stage} any more; nothing was changed",
                next=f"promote redeploy {host} --stage {stage}",
            )
        require(may_redeploy(Question(history, release, stage, shop.clock.now(), shop.actor)), release, stage)
        return Admission(release, expects=found.digest)

    with locked(shop, stage, f"redeploy {host} in {stage}", wait_s=wait_s) as lease:
        gates = (release.stages.stage(stage).rollback_gate(),)
        attempt = start(shop, lease, admitted, Beginning(Kind.REDEPLOY, gates, redeploy=host))
        return RunResult(drive(shop, lease, attempt), attempt)
