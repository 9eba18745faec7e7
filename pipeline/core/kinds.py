"""The kinds of attempts, and their outcomes."""

from enum import Enum


class Kind(Enum):
    """What an attempt is for."""

    PROMOTE = "promote"
    ROLLBACK = "rollback"
    GATE = "gate"
    REDEPLOY = "redeploy"
    RETIRE = "retire"

    @property
    def by_the_line(self) -> bool:
        """Whether it runs all gates of the stage, as the site's line asks, and needs its approvals."""
        return self in {Kind.PROMOTE, Kind.RETIRE}


class NoPlan(Enum):
    """Why there is no plan."""

    BROKEN = "broken"  # the release's code crashed, or returned a malformed answer
    TRANSIENT = "transient"  # a retry is likely to succeed
    REFUSED = "refused"  # the release or this engine refused, with a reason
    DEFERRED = "deferred"  # a freeze began while the plan was made: later it may go


class Outcome(Enum):
    """How an attempt ended. Only VERIFIED moves a stage's pointer."""

    VERIFIED = "verified"  # every gate of the stage passed
    FAILED = "failed"  # a gate failed
    INCONCLUSIVE = "inconclusive"  # a gate proved nothing, which counts as a failure
    ROLLOUT_FAILED = "rollout_failed"  # a step failed: before any gate, or in a later leg
    REFUSED = "refused"  # the release or its plan was refused, or may go only later; nothing was performed
    UNPLANNED = "unplanned"  # no plan could be made; nothing was performed
    ABORTED = "aborted"  # someone abandoned it
    ROLLED_BACK = "rolled_back"  # a rollback is complete, and its smoke gate passed
    ROLLBACK_FAILED = "rollback_failed"  # a rollback failed; the stage needs a person
    REDEPLOYED = "redeployed"  # a host was replaced by a new one, and the smoke gate passed
    RETIRED = "retired"  # what the release needs no more was removed, and every gate of the stage passed
    OBSERVED = "observed"  # an ad hoc gate ran, whatever its verdict
