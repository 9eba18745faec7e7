"""An ad hoc gate: runs against the live stage under its lease; never verifies or rolls back."""

from pipeline.core.errors import ChildRefused, NotEligible, UsageProblem
from pipeline.core.history import History
from pipeline.core.kinds import Kind
from pipeline.core.plan import EVERYTHING, Choice
from pipeline.core.policy.open_attempts import unfinished
from pipeline.core.release import Release
from pipeline.engine.drive import drive
from pipeline.engine.leasing import locked
from pipeline.engine.promote import Admission, Beginning, start
from pipeline.engine.result import RunResult
from pipeline.ports import Context
from pipeline.workshop import Workshop


def run_gate(
    shop: Workshop, gate: str, stage: str, choice: Choice = EVERYTHING, *, wait_s: float = 0.0
) -> RunResult:
    """Run the chosen checks of `gate` against `stage`, with the code of the release deployed there.

    Raises UsageProblem for an unknown gate or a choice that matches no check, NotEligible when nothing is
    deployed or an attempt is open, StageLocked, RunInterrupted.
    """
    _require_checks(shop, gate, stage, choice)
    with locked(shop, stage, f"gate {gate} in {stage}", wait_s=wait_s) as lease:
        beginning = Beginning(Kind.GATE, (gate,), choice=choice, anew=True)
        attempt = start(shop, lease, lambda history: Admission(at_rest(history, stage)), beginning)
        return RunResult(drive(shop, lease, attempt), attempt)


def _standing(history: History, stage: str) -> Release:
    view = history.stage(stage)
    if view.standing is None:
        raise NotEligible(f"nothing is deployed in {stage}", next=f"promote --stage {stage}")
    return history.releases[view.standing]


def at_rest(history: History, stage: str) -> Release:
    """The release that is deployed in a stage. Raises NotEligible when nothing is, or an attempt is open."""
    if reason := unfinished(history, stage):
        raise NotEligible(reason, next=f"promote resume --stage {stage}")
    return _standing(history, stage)


def _require_checks(shop: Workshop, gate: str, stage: str, choice: Choice) -> None:
    """Refuse an unknown gate, and a choice that matches no check: most likely a typo, it proves nothing."""
    history = shop.history()
    release = _standing(history, stage)
    named = sorted({name for spec in release.stages.stages for name in spec.gates})
    if gate in named and choice == EVERYTHING:
        return
    artifacts = history.artifacts.get(release.id, {})
    try:  # the release may have a gate that no stage requires
        roster = shop.deployer.roster(Context(stage, release.id, artifacts=artifacts), gate)
    except ChildRefused as refusal:
        if gate in named:
            raise
        raise UsageProblem(
            f"{release.alias} has no gate {gate!r} for {stage}",
            why=f"{refusal.what}; its stages ask for: {', '.join(named)}",
            next=f"promote gate {named[0]} --stage {stage}",
        ) from refusal
    if choice != EVERYTHING and not choice.of(roster).entries:
        there = ", ".join(f"{entry.component}/{entry.check}" for entry in roster.entries)
        asked = f"{choice.component or 'any component'}/{choice.check or 'any check'}"
        raise UsageProblem(
            f"gate {gate} has no check {asked} in {stage}",
            why=f"it has: {there}",
            next=f"promote gate {gate} --stage {stage}",
        )
