"""A plan: the steps a release wants to take in a stage, as values. Only `stages` knows what they mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.core.retries import Retry


@dataclass(frozen=True, slots=True)
class Undo:
    """Whether a step can be taken back, and if not, why."""

    possible: bool
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One unit of a plan. `needs` are ids of steps that must be done before; `action` is opaque here."""

    id: str
    kind: str
    host: str | None
    title: str
    needs: tuple[str, ...] = ()
    undo: Undo = Undo(possible=True)
    action: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a plan's summary for people."""

    host: str
    change: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps to take, or refusals that say why none may be taken.

    `retries` is what the release's code had to try again to know that; `new` whether no host of the stage
    stood, None from a release whose code began its deployment as it planned.
    """

    steps: tuple[Step, ...] = ()
    refusals: tuple[str, ...] = ()
    summary: tuple[Change, ...] = ()
    retries: tuple[Retry, ...] = ()
    new: bool | None = None

    def problems(self) -> tuple[str, ...]:
        """What makes this plan impossible to perform: double ids, unknown needs, circles.

        Empty when sound.
        """
        ids = [step.id for step in self.steps]
        found = [f"step {name} is in the plan twice" for name in sorted({i for i in ids if ids.count(i) > 1})]
        found += [
            f"step {step.id} needs {need}, which is not a step"
            for step in self.steps
            for need in step.needs
            if need not in ids
        ]
        return tuple(found or self._circle())

    def most_urgent_first(self, steps: Iterable[Step]) -> tuple[Step, ...]:
        """Of a sound plan these steps, those first that the longest chain of others waits for."""
        waiting: dict[str, list[str]] = {step.id: [] for step in self.steps}
        for step in self.steps:
            for need in step.needs:
                waiting[need].append(step.id)
        behind: dict[str, int] = {}

        def length(name: str) -> int:
            if name not in behind:
                behind[name] = 1 + max(map(length, waiting[name]), default=0)
            return behind[name]

        return tuple(sorted(steps, key=lambda step: -length(step.id)))

    def _circle(self) -> tuple[str, ...]:
        done: set[str] = set()
        left = list(self.steps)
        while ready := [step for step in left if done.issuperset(step.needs)]:
            done.update(step.id for step in ready)
            left = [step for step in left if step.id not in done]
        return tuple(f"step {step.id} waits for itself: its needs are a circle" for step in left)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something failed, for people."""

    what: str
    where: str = ""
    why: str = ""
    next: str = ""

    def line(self) -> str:
        """What and why, in one line."""
        return " ".join((f"{self.what} ({self.why})" if self.why else self.what).split())


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """One thing a gate must have seen. `host` is "-" for a check done once a stage."""

    component: str
    host: str
    check: str


@dataclass(frozen=True, slots=True)
class Roster:
    """What a gate must have seen, how long it may be silent (seconds), and the digest of its definition."""

    entries: tuple[RosterEntry, ...]
    within_s: int
    definition: str


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of a gate's checks are asked for; None: whatever they are. Nothing chosen is everything."""

    component: str | None = None
    check: str | None = None

    def of(self, roster: Roster) -> Roster:
        """The roster with the chosen entries alone."""
        return replace(roster, entries=tuple(filter(self._chosen, roster.entries)))

    def _chosen(self, entry: RosterEntry) -> bool:
        return self.component in (None, entry.component) and self.check in (None, entry.check)


EVERYTHING = Choice()
