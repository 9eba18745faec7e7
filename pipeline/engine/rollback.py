"""A rollback by hand: brings back a release that was verified in this very stage."""

from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.core.policy.decision import Deny
from pipeline.core.policy.rollbacks import may_roll_back, rollback_choice
from pipeline.engine.drive import drive
from pipeline.engine.leasing import locked
from pipeline.engine.promote import Admission, Beginning, start
from pipeline.engine.result import RunResult
from pipeline.workshop import Workshop


def roll_back(shop: Workshop, stage: str, to: str | None, *, wait_s: float = 0.0) -> RunResult:
    """Deploy a release that was verified in `stage` before, and run its smoke gate.

    A hold does not stop it. Raises NotEligible when there is no such release or an attempt is open,
    UsageProblem for an unknown release, StageLocked, RunInterrupted.
    """
    release = rollback_choice(shop.history(), stage, to)
    shop.notifier.progress(f"{stage}: back to {release}")

    def admitted(history: History) -> Admission:
        decision = may_roll_back(history, stage, release)
        if isinstance(decision, Deny):
            raise NotEligible("; ".join(decision.reasons), next=decision.next)
        return Admission(rollback_choice(history, stage, release.id))

    with locked(shop, stage, f"roll {stage} back to {release.alias}", wait_s=wait_s) as lease:
        gates = (release.stages.stage(stage).rollback_gate(),)
        attempt = start(shop, lease, admitted, Beginning(Kind.ROLLBACK, gates))
        return RunResult(drive(shop, lease, attempt), attempt)
