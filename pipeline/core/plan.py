"""A plan: the steps that a release wants to perform in a stage. Only `stages` interprets them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pipeline.core import legs as of_legs
from pipeline.core.follow_ups import FollowUp
from pipeline.core.legs import Leg
from pipeline.core.retries import Retry


@dataclass(frozen=True, slots=True)
class Undo:
    """Whether a step can be undone, and if not, why."""

    possible: bool
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One unit of a plan. `needs` are the ids of steps that must be done first; `action` is opaque here."""

    id: str
    kind: str
    host: str | None
    title: str
    needs: tuple[str, ...] = ()
    undo: Undo = Undo(possible=True)
    action: Mapping[str, object] = field(default_factory=dict)

    @property
    def changes_hosts(self) -> bool:
        """Whether it may change a host, or what all share. Making the image they start from does not."""
        return self.kind != "image"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a plan's summary."""

    host: str
    change: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a host of a cluster has, and what the plan does there."""

    role: str
    host: str
    found: str
    does: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps to perform, or refusals that say why none may be performed.

    `retries` are those of the observation. `new` is whether no host of the stage existed; it is None from an
    older release, whose `plan` begins the deployment itself. `found` is what hosts have, if a bootstrap was
    asked for; None otherwise, and from an older release, which knows of no bootstrap. `redeploys` is the host
    that it replaces, and `retires` whether it removes what the release needs no more, likewise. Without
    `legs`, one leg holds everything. With them, no rollback is possible once a step has begun that can't be
    undone. `follow_up` is what is to be done some time after it.
    """

    steps: tuple[Step, ...] = ()
    refusals: tuple[str, ...] = ()
    summary: tuple[Change, ...] = ()
    retries: tuple[Retry, ...] = ()
    new: bool | None = None
    found: tuple[Found, ...] | None = None
    redeploys: str | None = None
    legs: tuple[Leg, ...] = ()
    retires: bool = False
    follow_up: FollowUp | None = None

    @property
    def has_sections(self) -> bool:
        """Whether people are told its legs: if there are several."""
        return len(self.legs) > 1

    @property
    def last_leg(self) -> str | None:
        """The name of the leg whose gates verify the release; None without legs."""
        return self.legs[-1].name if self.legs else None

    def told(self, leg: Leg) -> str:
        """The name of one of its legs as people are told it; empty if they are told none."""
        return leg.name if self.has_sections else ""

    def irreversible_steps(self) -> tuple[Step, ...]:
        """The steps of a plan with legs after which no rollback is possible, in order.

        A plan without legs has none: what can't be undone there stays when a release goes, and harms nothing.
        """
        by_id = {step.id: step for step in self.steps}
        # A plan that refuses may name steps that it has not.
        in_order = (by_id[name] for leg in self.legs for name in leg.steps if name in by_id)
        return tuple(step for step in in_order if not step.undo.possible)

    def problems(self) -> tuple[str, ...]:
        """Why this plan cannot be performed: duplicate ids, unknown needs, cycles, its legs.

        Empty when it is valid.
        """
        ids = [step.id for step in self.steps]
        found = [f"step {name} is in the plan twice" for name in sorted({i for i in ids if ids.count(i) > 1})]
        found += [
            f"step {step.id} needs {need}, which is not a step"
            for step in self.steps
            for need in step.needs
            if need not in ids
        ]
        found += of_legs.problems(self.legs, {step.id: step.needs for step in self.steps})
        return tuple(found or self._circle())

    def most_urgent_first(self, steps: Iterable[Step]) -> tuple[Step, ...]:
        """Sort steps of a valid plan, those first that the longest chain of other steps depends on."""
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
class Bootstrap:
    """A person asked for clusters that lost all their members to be started, from what these hosts have.

    Where they name no host of a cluster, it is started if the newest data are known.
    """

    sources: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As a person reads it."""
        return f"bootstrap from {', '.join(self.sources)}" if self.sources else "bootstrap"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something failed, as text."""

    what: str
    where: str = ""
    why: str = ""
    next: str = ""

    def line(self) -> str:
        """What failed and why, in one line."""
        return " ".join((f"{self.what} ({self.why})" if self.why else self.what).split())


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """One thing that a gate must see. `host` is "-" for a check that runs once per stage."""

    component: str
    host: str
    check: str

    @property
    def name(self) -> str:
        """The check as a line names it, "component/check", whatever the host."""
        return f"{self.component}/{self.check}"


@dataclass(frozen=True, slots=True)
class Inputs:
    """All that the verdict on a component rests on: the digest of it, and the hosts that carry any of it."""

    digest: str
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Roster:
    """What a gate must see, how long it may be silent (seconds), and the digest of its definition.

    `inputs` are by component; older releases do not tell them. `watches` are the components that a check
    looks at besides its own, by "component/check". `partial` is whether checks of the gate are left out.
    """

    entries: tuple[RosterEntry, ...]
    within_s: int
    definition: str
    inputs: Mapping[str, Inputs] = field(default_factory=dict)
    watches: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """Which checks of a gate to run, by component and check; None matches all."""

    component: str | None = None
    check: str | None = None

    def of(self, roster: Roster) -> Roster:
        """The roster with only the chosen entries."""
        return replace(roster, entries=tuple(filter(self._chosen, roster.entries)))

    def _chosen(self, entry: RosterEntry) -> bool:
        return self.component in (None, entry.component) and self.check in (None, entry.check)


EVERYTHING = Choice()
