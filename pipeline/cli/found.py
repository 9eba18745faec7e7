"""What a gate of an attempt found, with the command to look at each cause; and as JSON data."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from pipeline.core.attempt import Attempt
from pipeline.core.causes import Cause, causes_of
from pipeline.core.verdict import Evidence, Finding

_LINES = 50  # of the journal, as the command asks for them


@dataclass(frozen=True, slots=True)
class Found:
    """What a gate found; `gate` is its name as it is told and kept."""

    attempt: str
    stage: str
    gate: str
    evidence: Evidence

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Its causes, the first one first."""
        return causes_of(self.evidence)

    def look(self, cause: Cause, site: Path) -> str:
        """The command that shows more of a cause: the journal if it is of one host, else the gate's log."""
        one, told = cause.finding, self.evidence.reliance
        units = [f"-u {shlex.quote(unit)}" for unit in told.units.get(one.component, ())]
        if units and one.host in told.hosts.get(one.component, ()):
            config = shlex.quote(str(site / "stages" / self.stage / "ssh_config"))
            return f"ssh -F {config} {shlex.quote(one.host)} journalctl -n {_LINES} {' '.join(units)}"
        return f"promote show {self.attempt} --logs {shlex.quote(self.gate)}"

    def data(self, site: Path) -> list[dict[str, object]]:
        """The causes as JSON data; their findings as places in the gate's list of all."""
        places: dict[Finding, list[int]] = {}
        for place, one in enumerate(self.evidence.findings):
            places.setdefault(one, []).append(place)
        return [
            {
                "finding": places[cause.finding].pop(0),
                "look": self.look(cause, site),
                "consequences": [places[one].pop(0) for one in cause.consequences],
                "shared": cause.shared,
            }
            for cause in self.causes
        ]


def found_by(attempt: Attempt) -> tuple[Found, ...]:
    """What the gates of an attempt found that did not pass, in their order."""
    judged = attempt.evidence.items()
    return tuple(Found(attempt.id, attempt.stage, gate, one) for gate, one in judged if one.findings)
