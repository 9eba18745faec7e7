"""An attempt that does what a preview has shown, and nothing else, to the release that stands in a stage."""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.policy.approved import approvals_of
from pipeline.core.policy.decision import Decision, Deny, Obstacle
from pipeline.core.policy.question import Question
from pipeline.core.release import Release
from pipeline.engine.drive import drive
from pipeline.engine.hearing import Listener
from pipeline.engine.leasing import locked
from pipeline.engine.preview import Preview
from pipeline.engine.promote import Admission, Beginning, require, start
from pipeline.engine.result import RunResult
from pipeline.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown, and what asks about it again.

    `choose` returns the release that it is about, given the history, and `may` whether it may begin.
    `purpose` is what the lease is for, `refused` what is said if policy or the plan refuses, `command` what
    shows it again.
    """

    preview: Preview
    choose: Callable[[History], Release]
    may: Callable[[Question], Decision]
    beginning: Beginning
    purpose: str
    refused: str
    command: str


def do(shop: Workshop, shown: Shown, *, wait_s: float = 0.0) -> RunResult:
    """Begin the attempt if policy still lets it, and drive it to its end.

    Raises NotEligible if the plan refuses or another release stands there, StageHeld, Deferred, StageLocked,
    RunInterrupted.
    """
    found, stage, release = shown.preview, shown.preview.stage, shown.preview.release

    def allowed(decision: Decision) -> None:
        require(decision, release, stage, refused=shown.refused, ask=shown.command)

    forge = Listener(shop, shop.history().line_for(release).stage(stage))

    # An open attempt may still be running: the lease below tells a locked stage from an interrupted run.
    if not (isinstance(found.decision, Deny) and found.decision.obstacle is Obstacle.OPEN_ATTEMPT):
        allowed(found.decision)
    if found.plan.refusals:
        raise NotEligible(
            f"{shown.refused}; nothing was changed",
            where=f"stage {stage}",
            why="; ".join(found.plan.refusals),
            next=shown.command,
        )

    def admitted(history: History) -> Admission:
        if shown.choose(history).id != release.id:
            raise NotEligible(
                f"{release.alias} does not stand in {stage} any more; nothing was changed", next=shown.command
            )
        now, kind = shop.clock.now(), shown.beginning.kind
        asked = Question(history, release, stage, now, shop.actor, found.digest, kind, forge.silent)
        allowed(shown.may(asked))
        approvals = approvals_of(asked) if kind.by_the_line else ()
        return Admission(release, expects=found.digest, approvals=approvals)

    with locked(shop, stage, shown.purpose, wait_s=wait_s) as lease:
        with shop.keeper.keeping(lease):
            forge.hear()
        attempt = start(shop, lease, admitted, shown.beginning)
        return RunResult(drive(shop, lease, attempt), attempt)
