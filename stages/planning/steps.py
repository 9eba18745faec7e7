"""The parts of a plan, as values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from stages.design.colours import FIRST, Colours
from stages.openstack.releases import Releases
from stages.planning.actions import Action, to_json


@dataclass(frozen=True, slots=True)
class Step:
    """One unit of a plan. `needs` has the ids of steps that must succeed before it starts.

    `colours` are those for which its manifest is rendered; the plan was made with the same ones, but for the
    services that change over from one to the other.
    """

    id: str
    kind: str
    host: str | None
    title: str
    needs: tuple[str, ...]
    action: Action
    irreversible: str | None = None
    colours: Colours = FIRST

    def to_json(self) -> dict[str, Any]:
        """The seam's form."""
        # In the action, which the engine hands back as it is.
        colours = {} if self.colours == FIRST else {"colours": self.colours.to_json()}
        return {
            "id": self.id,
            "kind": self.kind,
            "host": self.host,
            "title": self.title,
            "needs": list(self.needs),
            "undo": {"possible": self.irreversible is None, "why": self.irreversible},
            "action": {**to_json(self.action), **colours},
        }


@dataclass(frozen=True, slots=True)
class Desired:
    """What the release asks for, besides the blueprint.

    `image` is the content digest to deploy, None if not built yet; `build` is whether this stage may build
    it (and records its digest); `manifests` has the digest of each host's manifest. `base` is the digest of
    the image without OpenStack, empty if not known: a host that runs no OpenStack is as desired with it.
    `packages` has the versions of the image's Debian packages; empty if not known, or not built yet.
    `releases` are the OpenStack releases that the code knows. `gates` are those that legs may end with.
    With `rehearses`, an upgrade is undone and done again before it counts.
    """

    image: str | None
    build: bool
    recorded: bool
    manifests: Mapping[str, str]
    base: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    releases: Releases = field(default_factory=Releases)
    gates: tuple[str, ...] = ()
    rehearses: bool = False


@dataclass(frozen=True, slots=True)
class Retry:
    """One retry within a request, in the seam's form. `attempt` counts from 1: the try that failed."""

    what: str
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a host of a cluster has, for a person, and what the plan does there."""

    role: str
    host: str
    found: str
    does: str


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of a plan: steps, by id, and the names of the gates that must pass after them.

    The last leg ends with all gates of the stage, whether or not it names them. With `asks_policy`, holds,
    freezes and approvals are asked about again before it begins. In a plan with legs, nothing is rolled back
    once an irreversible step has begun.
    """

    name: str
    steps: tuple[str, ...]
    gates: tuple[str, ...] = ()
    asks_policy: bool = False

    def to_json(self) -> dict[str, Any]:
        """The seam's form."""
        return {
            "name": self.name,
            "steps": list(self.steps),
            "gates": list(self.gates),
            "asks_policy": self.asks_policy,
        }


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A verb of `promote` that is due so many seconds after the plan has been carried out.

    Unless it `restarts`, one that is pending already stays as it is.
    """

    verb: str
    after_s: float
    restarts: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in an order that respects their needs, or the reasons why nothing may be done.

    `new` is whether no host of the stage existed at planning; `retries` are those of the observation. `found`
    is what clusters have, if a person asked for a bootstrap. `redeploys` is the host that is redeployed, if
    one was named. `retires` is whether the plan removes the colour that answers nobody, and no more. Without
    `legs`, one leg holds everything. `follow_up` is what a person is to do some time after it.
    """

    steps: tuple[Step, ...]
    refusals: tuple[str, ...]
    new: bool = False
    retries: tuple[Retry, ...] = ()
    found: tuple[Found, ...] | None = None
    redeploys: str | None = None
    retires: bool = False
    legs: tuple[Leg, ...] = ()
    follow_up: FollowUp | None = None

    def to_json(self) -> dict[str, Any]:
        """The seam's form; the summary has each step's host and change."""
        summary = [{"host": step.host or "-", "change": step.title} for step in self.steps]
        redeploys = {} if self.redeploys is None else {"redeploys": self.redeploys}
        retires = {"retires": True} if self.retires else {}
        legs = {"legs": [leg.to_json() for leg in self.legs]} if self.legs else {}
        looked = {} if self.found is None else {"found": [asdict(found) for found in self.found]}
        return {
            "steps": [step.to_json() for step in self.steps],
            "refusals": list(self.refusals),
            "summary": summary,
            "new": self.new,
            "retries": [asdict(retry) for retry in self.retries],
            **looked,
            **redeploys,
            **retires,
            **legs,
            **({} if self.follow_up is None else {"follow_up": asdict(self.follow_up)}),
        }


def behind(steps: Iterable[Step]) -> dict[str, frozenset[str]]:
    """The transitive needs of each step, by id. Each step must come after those it needs."""
    found: dict[str, frozenset[str]] = {}
    for step in steps:
        found[step.id] = frozenset(step.needs).union(*(found[need] for need in step.needs))
    return found


def without_implied_needs(steps: Sequence[Step]) -> Iterable[Step]:
    """Drop needs that follow from other needs, so that people can read the plan. The order stays the same.

    Each step must come after those it needs.
    """
    before = behind(steps)
    for step in steps:
        implied = {earlier for need in step.needs for earlier in before[need]}
        yield replace(step, needs=tuple(need for need in step.needs if need not in implied))


def ids(steps: Iterable[Step]) -> tuple[str, ...]:
    """The ids, in the same order."""
    return tuple(step.id for step in steps)
