"""One gate against the live stage: under the lease, recorded as ad hoc, never verifying or returning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.core.errors import NotEligible
from pipeline.core.kinds import Kind
from pipeline.engine.drive import drive
from pipeline.engine.leasing import locked
from pipeline.engine.promote import start
from pipeline.engine.result import RunResult

if TYPE_CHECKING:
    from pipeline.workshop import Workshop


def run_gate(shop: Workshop, gate: str, stage: str, *, wait_s: float = 0.0) -> RunResult:
    """Run `gate` of the release that stands in `stage` against it.

    Raises NotEligible when nothing stands there or a promotion is open, StageLocked, RunInterrupted.
    """
    with locked(shop, stage, f"gate {gate} in {stage}", wait_s=wait_s) as lease:
        history = shop.history()
        view = history.stage(stage)
        if view.standing is None:
            raise NotEligible(f"nothing stands in {stage}", next_=f"promote --stage {stage}")
        if view.open is not None:
            raise NotEligible(
                f"promotion {view.open} in {stage} was interrupted and is not ended",
                next_=f"promote resume --stage {stage}",
            )
        promotion = start(shop, lease, history.releases[view.standing], (Kind.GATE, (gate,)))
        return RunResult(drive(shop, lease, promotion), promotion)
