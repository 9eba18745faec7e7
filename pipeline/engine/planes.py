"""What stands of a stage, asked of the release that is there, and since when who answers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.planes import PlanesSeen
from pipeline.ports import Context
from pipeline.workshop import Office, Workshop

_LOOKED_AT = 300  # attempts of the site


@dataclass(frozen=True, slots=True)
class Since:
    """The attempt whose step made something so, and when that step ended (seconds since 1970)."""

    attempt: str
    at: float


@dataclass(frozen=True, slots=True)
class Planes:
    """What the release told, and by service since when it is answered so, as far as the ledger has it."""

    release: str
    seen: PlanesSeen
    since: Mapping[str, Since]


def planes(shop: Workshop, stage: str) -> Planes:
    """What stands of the stage now; changes nothing.

    Raises NotEligible if nothing was deployed there, and what `Deployer.planes` raises.
    """
    history = shop.history()
    view = history.stage(stage)
    release = history.attempts[view.open].release if view.open else view.standing
    if release is None:
        raise NotEligible(f"nothing was deployed in {stage}", next=f"promote --stage {stage}")
    artifacts = history.artifacts.get(release, {})
    seen = shop.deployer.planes(Context(stage, release, artifacts=artifacts))
    since = {one.service: _since(shop, history, stage, frozenset(one.steps)) for one in seen.services}
    known = {service: found for service, found in since.items() if found is not None}
    return Planes(history.releases[release].alias, seen, known)


def _since(office: Office, history: History, stage: str, steps: Collection[str]) -> Since | None:
    """When the last of these steps ended in the stage; None if none has, or if it was long ago."""
    names = list(history.attempts)[-_LOOKED_AT:]
    attempts = (history.attempts[name] for name in reversed(names))
    found = next((one for one in attempts if one.stage == stage and not one.done.isdisjoint(steps)), None)
    return None if found is None else Since(found.id, _ended(office, found, steps))


def _ended(office: Office, attempt: Attempt, steps: Collection[str]) -> float:
    before = attempt.first_event - 1
    most = attempt.last_event - before if attempt.last_event else None
    return max(
        record.at
        for record in office.ledger.read(after=before, most=most)
        if isinstance(record.event, ev.StepSucceeded)
        and record.event.attempt == attempt.id
        and record.event.step in steps
    )
