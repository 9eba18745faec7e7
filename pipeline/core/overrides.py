"""Overrides: the word of a person that one release goes on in one stage although one gate does not pass."""

from dataclasses import dataclass

from pipeline.core.actor import Actor
from pipeline.core.kinds import Kind
from pipeline.core.line import Line
from pipeline.core.site_events import GateOverridden, OverrideWithdrawn
from pipeline.core.verdict import Evidence, Verdict


@dataclass(frozen=True, slots=True)
class Override:
    """Which gate need not pass for which release in which stage, by whose word, and why.

    `at` is when it was placed, `until` when it ends by itself, in seconds since 1970.
    """

    stage: str
    release: str
    gate: str
    reason: str
    by: Actor
    at: float
    until: float | None = None

    def __str__(self) -> str:
        return f"overridden by {self.by}: {self.reason}"

    @property
    def about(self) -> tuple[str, str, str]:
        """The stage, release and gate that it is about. At most one override of these stands."""
        return (self.stage, self.release, self.gate)

    def ended(self, at: float) -> bool:
        """Whether it has ended by itself by then (seconds since 1970)."""
        return self.until is not None and at >= self.until


# Those that were not withdrawn, also those that have ended, in the order in which they were placed.
Overrides = tuple[Override, ...]


def overridden(overrides: Overrides, event: GateOverridden | OverrideWithdrawn, at: float) -> Overrides:
    """The overrides after one more event."""
    if isinstance(event, OverrideWithdrawn):
        return without_override(overrides, (event.stage, event.release, event.gate))
    new = Override(event.stage, event.release, event.gate, event.reason, event.by, at, event.until)
    return with_override(overrides, new)


def with_override(overrides: Overrides, new: Override) -> Overrides:
    """The overrides after one more, which replaces an older one of the same gate."""
    return (*without_override(overrides, new.about), new)


def without_override(overrides: Overrides, about: tuple[str, str, str]) -> Overrides:
    """The overrides but for the one of this stage, release and gate."""
    return tuple(item for item in overrides if item.about != about)


def may_override(line: Line | None, stage: str, by: Actor) -> bool:
    """Whether the site's line allows this actor to override the gates of this stage."""
    rules = line.stage(stage) if line else None
    return rules is not None and rules.may_not_override(by) is None


def may_carry(kind: Kind, evidence: Evidence) -> bool:
    """Whether an override may carry this verdict: where the line judges, of a gate that ran and did not pass.

    A gate that could not start, or whose roster lacks what the line asks, proves nothing about the release
    that a person could weigh.
    """
    return kind.by_the_line and evidence.judged and evidence.verdict is not Verdict.PASS


def allowed(overrides: Overrides, line: Line | None) -> Overrides:
    """Those whose authors the site's line still allows to override."""
    return tuple(item for item in overrides if may_override(line, item.stage, item.by))
