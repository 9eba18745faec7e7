"""What a plan is made of, as values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stages.planning.actions import Action, to_json


@dataclass(frozen=True, slots=True)
class Step:
    """One unit of a plan. `needs` are ids of steps that must have ended well before."""

    id: str
    kind: str
    host: str | None
    title: str
    needs: tuple[str, ...]
    action: Action
    irreversible: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The seam's form."""
        return {
            "id": self.id,
            "kind": self.kind,
            "host": self.host,
            "title": self.title,
            "needs": list(self.needs),
            "undo": {"possible": self.irreversible is None, "why": self.irreversible},
            "action": to_json(self.action),
        }


@dataclass(frozen=True, slots=True)
class Desired:
    """What the release asks for beside the blueprint.

    `image` is the content digest to deploy, None while it is not built; `build` is whether this stage
    may build it (and records which it is); `manifests` has the digest of each host's manifest.
    """

    image: str | None
    build: bool
    recorded: bool
    manifests: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Retry:
    """What failed and was tried again within a request; `attempt` is the one that failed, from 1."""

    what: str
    attempt: int
    reason: str

    def to_json(self) -> dict[str, Any]:
        """The seam's form."""
        return {"what": self.what, "attempt": self.attempt, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in an order that respects their needs, or the reasons why nothing may be done.

    `new` says that no host of the stage was there when the plan was made; `retries` are what it took to know.
    """

    steps: tuple[Step, ...]
    refusals: tuple[str, ...]
    new: bool = False
    retries: tuple[Retry, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The seam's form; the summary says for each host what will happen to it."""
        summary = [{"host": step.host or "-", "change": step.title} for step in self.steps]
        return {
            "steps": [step.to_json() for step in self.steps],
            "refusals": list(self.refusals),
            "summary": summary,
            "new": self.new,
            "retries": [retry.to_json() for retry in self.retries],
        }


def behind(steps: Iterable[Step]) -> dict[str, frozenset[str]]:
    """For each step all that must have ended before it, however far back; each stands after what it needs."""
    found: dict[str, frozenset[str]] = {}
    for step in steps:
        found[step.id] = frozenset(step.needs).union(*(found[need] for need in step.needs))
    return found


def ids(steps: Iterable[Step]) -> tuple[str, ...]:
    """The ids, in the same order."""
    return tuple(step.id for step in steps)
