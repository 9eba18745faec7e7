"""A validated config as values, and the shapes that its files must have."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints, field_validator

from stages.design.canary import Canary
from stages.design.durations import Seconds, seconds
from stages.design.inventory import Inventory
from stages.design.settings import STRICT
from stages.design.strategy import Strategy
from stages.machine.references import Reference

SCHEMA = 1
SUBSTRATES = ("lab", "inventory")
RETIRE_AFTER = "7d"
# A client of the load holds a worker for twice as long, and uwsgi gives up on one that is silent for 4 s.
MOST_WAITS_S = 1.5

StageName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,15}$")]
CheckName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Shape(BaseModel):
    """A mapping in a config."""

    model_config = STRICT


class SiteShape(Shape):
    """stagegate.yaml."""

    schema_number: int = Field(alias="schema", json_schema_extra={"const": SCHEMA})
    openstack: str
    stages: list[StageName] = Field(min_length=1, max_length=16)

    @field_validator("schema_number")
    @classmethod
    def _check_schema(cls, number: int) -> int:
        if number != SCHEMA:
            raise ValueError(f"schema {number} is not supported: this code reads schema {SCHEMA}")
        return number

    @field_validator("stages")
    @classmethod
    def _once(cls, names: list[str]) -> list[str]:
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"a stage is listed twice: {', '.join(twice)}")
        return names


class StageShape(Shape):
    """stages/<name>.yaml, except for what only the roles can validate."""

    substrate: str
    roles: dict[str, int] = Field(min_length=1)
    gates: list[str] = Field(min_length=1)
    rehearse: bool = False
    strategy: Any = None  # validated in stages/config/strategy.py
    retire_after: Seconds = Field(default=RETIRE_AFTER, validate_default=True)
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    canary: Any = None  # validated in stages/config/canary.py
    secrets: Any = None  # validated in stages/config/secrets.py, which reports no value
    inventory: Any = None  # validated in stages/config/inventory.py


class LoadShape(Shape):
    """The load that a gate puts on a stage."""

    rate: float = Field(gt=0, le=1000)
    lasts: Seconds
    waits: Annotated[Seconds, Field(le=MOST_WAITS_S)]


class AgainShape(Shape):
    """The checks of another gate that a gate makes once more: all but those left out."""

    gate: str
    without: list[CheckName] = Field(default_factory=list)


class GateShape(Shape):
    """One gate in gates.yaml."""

    within: Seconds
    each_host: dict[str, list[CheckName]] = Field(default_factory=dict)
    once: dict[str, list[CheckName]] = Field(default_factory=dict)
    budgets: dict[str, dict[CheckName, Seconds]] = Field(default_factory=dict)
    load: LoadShape | None = None
    again: AgainShape | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """The load that a gate puts on a stage: `rate` requests per second for `lasts` seconds.

    A request may wait for others for at most `waits` seconds.
    """

    rate: float
    lasts: float
    waits: float

    def to_json(self) -> dict[str, float]:
        """The load as target.json has it."""
        return {"rate": self.rate, "lasts": self.lasts, "waits": self.waits}


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate: its checks by component, and how long it may be silent (`within`, seconds).

    `budgets` has the time that a fault may cost a client (seconds), by component and check. `load` is what it
    puts on the stage, if it puts any.
    """

    name: str
    within: float
    each_host: Mapping[str, tuple[str, ...]]
    once: Mapping[str, tuple[str, ...]]
    budgets: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    load: Load | None = None

    @classmethod
    def of(cls, name: str, shape: GateShape) -> "Gate":
        """A gate from its validated shape."""
        each, once = (
            MappingProxyType({component: tuple(checks) for component, checks in part.items()})
            for part in (shape.each_host, shape.once)
        )
        budgets = MappingProxyType(
            {component: MappingProxyType(faults) for component, faults in shape.budgets.items()}
        )
        load = Load(**shape.load.model_dump()) if shape.load is not None else None
        return cls(name, shape.within, each, once, budgets, load)

    def with_checks_of(self, other: "Gate", without: Collection[str]) -> "Gate":
        """The gate with the checks of another one as well, but for those of some names."""
        each, once = (
            MappingProxyType(
                {
                    component: tuple(
                        [name for name in theirs.get(component, ()) if name not in without]
                        + list(own.get(component, ()))
                    )
                    for component in dict.fromkeys([*theirs, *own])
                }
            )
            for theirs, own in ((other.each_host, self.each_host), (other.once, self.once))
        )
        return replace(self, each_host=each, once=once)

    def definition(self) -> str:
        """SHA-256 in hex of everything the gate requires: evidence for another definition is stale."""
        parts = {
            "within": self.within,
            "each_host": {component: sorted(checks) for component, checks in self.each_host.items()},
            "once": {component: sorted(checks) for component, checks in self.once.items()},
            "budgets": {component: dict(faults) for component, faults in self.budgets.items()},
        } | ({"load": self.load.to_json()} if self.load is not None else {})
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class StageConfig:
    """One stage. `roles` counts hosts by role; `settings` holds each role's effective settings.

    `secrets` has, by name, the references to secrets that the site does not generate. `inventory` has its
    machines if it has any of its own. `canary` is what precedes a change of colours, if anything does. With
    `rehearse`, an upgrade is undone and done again before it counts. `strategy` is how other changes reach
    coloured hosts. `retire_after` is how many seconds after a takeover the control plane from before is due
    to be retired.
    """

    name: str
    after: str | None
    substrate: str
    roles: Mapping[str, int]
    gates: tuple[str, ...]
    settings: Mapping[str, BaseModel]
    secrets: Mapping[str, Reference] = field(default_factory=dict)
    inventory: Inventory | None = None
    canary: Canary | None = None
    rehearse: bool = False
    strategy: Strategy = Strategy.ROLLING
    retire_after: float = field(default_factory=lambda: seconds(RETIRE_AFTER))


@dataclass(frozen=True, slots=True)
class Config:
    """A config without problems. `stages` are in the order of promotion."""

    schema: int
    openstack: str
    stages: tuple[StageConfig, ...]
    gates: Mapping[str, Gate]

    def stage(self, name: str) -> StageConfig:
        """Return the stage of this name. Raises KeyError when there is none."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise KeyError(name)
