"""What a stage of the line takes from a forge, and who records its deployments there."""

from dataclasses import dataclass
from enum import Enum


class Silence(Enum):
    """What counts if the forge does not say when it is frozen."""

    KNOWN = "known"  # what it said last; nothing if it never did
    WAIT = "wait"  # nothing enters before it has said it


class DeploymentOwner(Enum):
    """Who records a deployment into the stage: always exactly one."""

    WHOEVER = ""  # the job, if it is one of this commit into this environment; else Stagegate
    JOB = "job"
    API = "api"


@dataclass(frozen=True, slots=True)
class ForgeRule:
    """`freezes` is whether freeze periods of the forge keep promotions out, and `silence` what else does.

    `approvals` is whether those of a deployment are recorded with the promotion; they stand for none of the
    line's. `deployments` is who records them.
    """

    freezes: bool = False
    silence: Silence = Silence.KNOWN
    approvals: bool = False
    deployments: DeploymentOwner = DeploymentOwner.WHOEVER

    def __str__(self) -> str:
        silent = (
            "without an answer nothing enters" if self.silence is Silence.WAIT else "last known ones count"
        )
        told = (
            f"its freezes keep promotions out ({silent})" if self.freezes else "",
            "its approvals are recorded" if self.approvals else "",
            f"deployments are recorded by the {self.deployments.value}" if self.deployments.value else "",
        )
        return "; ".join(filter(None, told))


NOTHING_TAKEN = ForgeRule()
