"""The kinds of promotion and the ways one can end."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What an attempt is for."""

    PROMOTE = "promote"
    RETURN = "return"
    GATE = "gate"


class NoPlan(Enum):
    """Why there is no plan."""

    BROKEN = "broken"  # the release's code crashed, or answered what makes no sense
    TRANSIENT = "transient"  # it is likely to work the next time
    REFUSED = "refused"  # the release or this engine said that it cannot, and why


class Outcome(Enum):
    """How an attempt ended. Only VERIFIED moves a stage's pointer."""

    VERIFIED = "verified"  # every gate of the stage passed
    FAILED = "failed"  # a gate said no
    INCONCLUSIVE = "inconclusive"  # a gate proved nothing, which is treated like a no
    ROLLOUT_FAILED = "rollout_failed"  # a step failed before any gate
    REFUSED = "refused"  # the release or its plan said no; nothing was performed
    UNPLANNED = "unplanned"  # no plan could be made; nothing was performed
    ABORTED = "aborted"  # somebody gave it up
    RETURNED = "returned"  # a return stands, and its smoke gate passed
    RETURN_FAILED = "return_failed"  # a return failed; the stage needs a person
    OBSERVED = "observed"  # an ad hoc gate ran, whatever it said
