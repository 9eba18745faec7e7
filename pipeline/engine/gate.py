"""One gate against the live stage: under the lease, recorded as ad hoc, never verifying or returning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.core.errors import ChildRefused, NotEligible, UsageProblem
from pipeline.core.kinds import Kind
from pipeline.core.plan import Choice
from pipeline.engine.drive import drive
from pipeline.engine.leasing import locked
from pipeline.engine.promote import start
from pipeline.engine.result import RunResult
from pipeline.ports import Context

if TYPE_CHECKING:
    from pipeline.core.history import History
    from pipeline.core.release import Release
    from pipeline.workshop import Workshop


def run_gate(shop: Workshop, gate: str, stage: str, *, wait_s: float = 0.0) -> RunResult:
    """Run `gate` of the release that stands in `stage` against it.

    Raises UsageProblem for a gate that the release does not know or a choice that it has no check for,
    NotEligible when nothing stands there or a promotion is open, StageLocked, RunInterrupted.
    """
    _require_gate(shop, gate, stage)
    _require_choice(shop, gate, stage)
    with locked(shop, stage, f"gate {gate} in {stage}", wait_s=wait_s) as lease:
        promotion = start(shop, lease, lambda history: _at_rest(history, stage), (Kind.GATE, (gate,)))
        return RunResult(drive(shop, lease, promotion), promotion)


def _standing(history: History, stage: str) -> Release:
    view = history.stage(stage)
    if view.standing is None:
        raise NotEligible(f"nothing stands in {stage}", next_=f"promote --stage {stage}")
    return history.releases[view.standing]


def _at_rest(history: History, stage: str) -> Release:
    view = history.stage(stage)
    if view.open is not None:
        raise NotEligible(
            f"promotion {view.open} in {stage} was interrupted and is not ended",
            next_=f"promote resume --stage {stage}",
        )
    return _standing(history, stage)


def _require_choice(shop: Workshop, gate: str, stage: str) -> None:
    """A choice that leaves nothing would prove nothing, and is most likely a slip of the pen."""
    if shop.choice == Choice():
        return
    history = shop.history()
    release = _standing(history, stage)
    artifacts = history.artifacts.get(release.id, {})
    roster = shop.deployer.roster(Context(stage, release.id, artifacts=artifacts), gate)
    if not shop.choice.of(roster).entries:
        there = ", ".join(f"{entry.component}/{entry.check}" for entry in roster.entries)
        asked = f"{shop.choice.component or 'any component'}/{shop.choice.check or 'any check'}"
        raise UsageProblem(
            f"gate {gate} has no check {asked} in {stage}",
            why=f"it has: {there}",
            next_=f"promote gate {gate} --stage {stage}",
        )


def _require_gate(shop: Workshop, gate: str, stage: str) -> None:
    history = shop.history()
    release = _standing(history, stage)
    named = sorted({name for spec in release.stages.stages for name in spec.gates})
    if gate in named:
        return
    artifacts = history.artifacts.get(release.id, {})
    try:  # one that no stage asks for may still be there
        shop.deployer.roster(Context(stage, release.id, artifacts=artifacts), gate)
    except ChildRefused as refusal:
        raise UsageProblem(
            f"{release.alias} has no gate {gate!r} for {stage}",
            why=f"{refusal.what}; its stages ask for: {', '.join(named)}",
            next_=f"promote gate {named[0]} --stage {stage}",
        ) from refusal
