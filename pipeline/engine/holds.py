"""Hold and unhold: stopping promotions, with a reason, and allowing them again."""

from pipeline.core import events as ev
from pipeline.core.errors import UsageProblem
from pipeline.workshop import Workshop


def hold(shop: Workshop, stage: str | None, reason: str, by: str) -> None:
    """Stop all promotions into `stage` (None: every stage) until `unhold`.

    Raises UsageProblem for an unknown stage.
    """
    known = {name for release in shop.history().releases.values() for name in release.stages.names()}
    if stage is not None and known and stage not in known:
        raise UsageProblem(
            f"no stage {stage!r}", why=f"known: {', '.join(sorted(known))}", next="promote status"
        )
    shop.ledger.append([ev.HoldPlaced(stage, reason, by)])


def unhold(shop: Workshop, stage: str | None, by: str) -> None:
    """Lift the hold. Raises UsageProblem when there is none."""
    if stage not in shop.history().holds:
        scope = f"stage {stage}" if stage else "all stages"
        raise UsageProblem(f"there is no hold on {scope}", next="promote status")
    shop.ledger.append([ev.HoldLifted(stage, by)])
