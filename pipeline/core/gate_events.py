"""The events of the gates of an attempt, and of their shards."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.core.actor import NOBODY, Actor
from pipeline.core.ci_job import CiJob
from pipeline.core.legs import gate_name
from pipeline.core.overrides import Override
from pipeline.core.plan import Roster
from pipeline.core.shard import Shard
from pipeline.core.verdict import Evidence


@dataclass(frozen=True, slots=True)
class GateStarted:
    """A gate is about to run; its evidence goes to `directory`, relative to the site.

    `leg` is the one that it ends, empty in a plan that has not several.
    """

    attempt: str
    gate: str
    number: int
    directory: str
    leg: str = ""

    @property
    def full_name(self) -> str:
        """The gate as it is told and kept."""
        return gate_name(self.leg, self.gate)


@dataclass(frozen=True, slots=True)
class GateJudged:
    """A gate ended.

    `roster` is what the evidence is about; `report` is the sha256 of the suite's report, empty when there was
    none. `inputs` is the digest of what each check rests on, as far as it is known, and `reused` the attempt
    that ran each check that was not run: both by "component/check". With an `override` the attempt goes on
    although it is no pass. `leg` is as in GateStarted.
    """

    attempt: str
    gate: str
    number: int
    evidence: Evidence
    roster: Roster | None = None
    report: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    reused: Mapping[str, str] = field(default_factory=dict)
    override: Override | None = None
    leg: str = ""

    @property
    def full_name(self) -> str:
        """The gate as it is told and kept."""
        return gate_name(self.leg, self.gate)


@dataclass(frozen=True, slots=True)
class ShardStarted:
    """One shard of a gate is about to run, while the attempt waits for others to judge its gates.

    `number` counts the starts of this shard. Its evidence goes to `directory`, relative to the site.
    `release` and `plan`, by its digest, are what the stage has by then, as far as its process knows. `by` is
    who began it, `job` the CI job that it is in, if any. `leg` is as in GateStarted.
    """

    attempt: str
    gate: str
    shard: Shard
    number: int
    directory: str
    release: str
    plan: str
    by: Actor = NOBODY
    job: CiJob | None = None
    leg: str = ""

    @property
    def full_name(self) -> str:
        """The gate as it is told and kept."""
        return gate_name(self.leg, self.gate)


@dataclass(frozen=True, slots=True)
class ShardJudged:
    """One shard of a gate ended; no verdict on the gate follows from it alone.

    `roster` is what the evidence is about: of the shard's checks, those that were run. `number` is that of
    its start; `report`, `inputs` and `leg` are as in GateJudged.
    """

    attempt: str
    gate: str
    shard: Shard
    number: int
    evidence: Evidence
    roster: Roster
    report: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    leg: str = ""

    @property
    def full_name(self) -> str:
        """The gate as it is told and kept."""
        return gate_name(self.leg, self.gate)
