"""The stage graph: order and gates, as values."""

from dataclasses import dataclass

from pipeline.core.errors import UsageProblem

SMOKE = "smoke"


@dataclass(frozen=True, slots=True)
class StageSpec:
    """One stage: its name, the one before it (None: the first), its gates in order, whether it is a lab."""

    name: str
    after: str | None
    gates: tuple[str, ...]
    lab: bool = False

    def rollback_gate(self) -> str:
        """The one gate that a rollback here must pass: smoke if the stage has it, else its first gate."""
        return SMOKE if SMOKE in self.gates else self.gates[0]


@dataclass(frozen=True, slots=True)
class StageGraph:
    """The stages in order. Names are unique; each `after` names an earlier stage; each stage has a gate."""

    stages: tuple[StageSpec, ...]

    def problems(self) -> tuple[str, ...]:
        """Why this graph is unusable; empty when it is valid."""
        found: list[str] = []
        seen: set[str] = set()
        for spec in self.stages:
            if spec.name in seen:
                found.append(f"stage {spec.name} is named twice")
            if spec.after is not None and spec.after not in seen:
                found.append(f"stage {spec.name} comes after {spec.after}, which is not an earlier stage")
            if not spec.gates:
                found.append(f"stage {spec.name} has no gate, so nothing could ever be verified in it")
            seen.add(spec.name)
        return tuple(found) if self.stages else ("there is no stage",)

    def names(self) -> tuple[str, ...]:
        """The names of the stages, in order."""
        return tuple(spec.name for spec in self.stages)

    def stage(self, name: str) -> StageSpec:
        """The stage with this name. Raises UsageProblem when there is none."""
        for spec in self.stages:
            if spec.name == name:
                return spec
        raise UsageProblem(
            f"no stage {name!r}",
            why=f"the config's stages are: {', '.join(self.names())}",
            next="promote check",
        )
