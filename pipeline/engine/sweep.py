"""A sweep: what gates have left in a stage is found, and removed if asked for, while no gate runs there."""

from pipeline.core.swept import Swept
from pipeline.engine.gate import at_rest
from pipeline.engine.leasing import locked
from pipeline.ports import Context
from pipeline.workshop import Workshop


def sweep(shop: Workshop, stage: str, *, clear: bool, wait_s: float = 0.0) -> Swept:
    """Find what gates have left in `stage`, with the code of the release deployed there; `clear` removes it.

    Changes nothing else, and is no event: what gates make is no part of a release. Raises NotEligible when
    nothing is deployed or an attempt is open, StageLocked, ChildCrashed.
    """
    with locked(shop, stage, f"sweep {stage}", wait_s=wait_s) as lease, shop.keeper.keeping(lease):
        history = shop.history()
        release = at_rest(history, stage)
        artifacts = history.artifacts.get(release.id, {})
        context = Context(stage, release.id, artifacts=artifacts, token=lease.token)
        return shop.gates.sweep(context, shop.deployer.target(context), clear=clear)
