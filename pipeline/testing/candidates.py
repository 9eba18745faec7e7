"""Revisions of a config of which the next release may be made, without git."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class FakeCandidates:
    """The Candidates port: `digests` are those of the configs, newest first."""

    digests: list[str] = field(default_factory=list)

    def configs(self, config: str | None) -> Sequence[str | None]:
        """One for each digest, if a config is named."""
        return [f"{config}@{digest}" for digest in self.digests] if config else [config]
