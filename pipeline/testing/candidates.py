"""Revisions of which the next release may be made, without git."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.tool_ports import CodeRevision


@dataclass(slots=True)
class FakeCandidates:
    """The Candidates port: what is merged, newest first. `digests` are those of the configs."""

    merged: list[CodeRevision] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)

    def codes(self) -> Iterable[CodeRevision]:
        return tuple(self.merged)

    def configs(self, config: str | None) -> Sequence[str | None]:
        """One for each digest, if a config is named."""
        return [f"{config}@{digest}" for digest in self.digests] if config else [config]
