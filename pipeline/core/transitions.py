"""The phases of an attempt, and the table of legal transitions between them."""

from collections.abc import Mapping
from enum import Enum

from pipeline.core import events as ev


class Phase(Enum):
    """The phase of an attempt."""

    PLANNING = "planning"
    BETWEEN = "between"  # before a leg of a plan with legs
    PERFORMING = "performing"
    GATING = "gating"
    FAILING = "failing"
    CLOSING = "closing"
    ENDED = "ended"


_P = Phase
_OPEN = tuple(phase for phase in Phase if phase is not Phase.ENDED)
LEGAL: Mapping[tuple[Phase, type], frozenset[Phase]] = {
    # the plan has legs, or steps, or none (then the gates are next), or it refuses (then the attempt ends)
    (_P.PLANNING, ev.PlanMade): frozenset({_P.BETWEEN, _P.PERFORMING, _P.GATING, _P.CLOSING}),
    # nothing was performed, so there is nothing to collect or roll back; a transient failure is retried
    (_P.PLANNING, ev.PlanFailed): frozenset({_P.PLANNING, _P.CLOSING}),
    # a leg begins; one without steps with its gates
    (_P.BETWEEN, ev.LegStarted): frozenset({_P.PERFORMING, _P.GATING}),
    # the intent of a step, again after a crash or a transient failure
    (_P.PERFORMING, ev.StepStarted): frozenset({_P.PERFORMING}),
    # after the last step, of the leg, the gates begin
    (_P.PERFORMING, ev.StepSucceeded): frozenset({_P.PERFORMING, _P.GATING}),
    # a transient failure may be retried; any other stops the rollout
    (_P.PERFORMING, ev.StepFailed): frozenset({_P.PERFORMING, _P.FAILING}),
    # steps that ran in parallel with the failed one still finish, and are recorded
    (_P.FAILING, ev.StepSucceeded): frozenset({_P.FAILING}),
    (_P.FAILING, ev.StepFailed): frozenset({_P.FAILING}),
    # the intent of a gate, again after a crash
    (_P.GATING, ev.GateStarted): frozenset({_P.GATING}),
    # a shard of a gate, by another process, while nobody drives the attempt
    (_P.GATING, ev.ShardStarted): frozenset({_P.GATING}),
    # its report; the gate itself is judged later, from all of them
    (_P.GATING, ev.ShardJudged): frozenset({_P.GATING}),
    # a pass, or an override, leads to the next gate, leg or the end; anything else fails the attempt
    (_P.GATING, ev.GateJudged): frozenset({_P.GATING, _P.BETWEEN, _P.CLOSING, _P.FAILING}),
    # the state of the stage is saved before any rollback
    (_P.FAILING, ev.DiagnosticsCollected): frozenset({_P.CLOSING}),
    # with the one outcome that the events imply
    (_P.CLOSING, ev.AttemptEnded): frozenset({_P.ENDED}),
    # an orderly stop changes nothing
    **{(phase, ev.Interrupted): frozenset({phase}) for phase in _OPEN},
    # nor does resuming
    **{(phase, ev.Resumed): frozenset({phase}) for phase in _OPEN},
    # an attempt may be abandoned until it ends
    **{(phase, ev.AbortRequested): frozenset({_P.CLOSING}) for phase in _OPEN},
}
