"""Override: a person lets a release go on in a stage although one gate does not pass there."""

from dataclasses import dataclass

from pipeline.core import events as ev
from pipeline.core.errors import LedgerMoved, NotEligible, UsageProblem
from pipeline.core.history import History
from pipeline.core.overrides import Override
from pipeline.core.release import Release, find_release
from pipeline.engine.known import rules_on
from pipeline.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Place:
    """A gate of a release in a stage, as a person names them."""

    stage: str
    release: str
    gate: str


def override(shop: Workshop, place: Place, reason: str, until: float | None = None) -> Override:
    """Let the release go on in the stage whatever the gate's verdict, until then or until it is withdrawn.

    `until` is in seconds since 1970. It holds for verdicts from now on. Raises what `overridable` raises.
    """
    while True:
        history = shop.history()
        release = overridable(shop, history, place).id
        event = ev.GateOverridden(place.stage, release, place.gate, reason, shop.actor, until)
        try:
            (record,) = shop.ledger.append([event], head=history.head)
        except LedgerMoved:  # the line may have been changed
            continue
        return Override(place.stage, release, place.gate, reason, shop.actor, record.at, until)


def withdraw_override(shop: Workshop, place: Place, reason: str) -> Override:
    """Take an override back, which anybody may; verdicts that it carried stay as they are.

    Raises UsageProblem for an unknown release, NotEligible when there is no such override.
    """
    while True:
        history = shop.history()
        release = find_release(history.releases.values(), place.release)
        about = (place.stage, release.id, place.gate)
        found = next((item for item in history.overrides if item.about == about), None)
        if found is None:
            raise NotEligible(
                f"gate {place.gate} in {place.stage} is not overridden for {release.alias}",
                next="promote status",
            )
        try:
            shop.ledger.append([ev.OverrideWithdrawn(*about, reason, shop.actor)], head=history.head)
        except LedgerMoved:
            continue
        return found


def overridable(shop: Workshop, history: History, place: Place) -> Release:
    """The release, if the caller may override this gate of it.

    Raises UsageProblem for an unknown release, stage or gate, NotEligible unless the site's line lets the
    caller.
    """
    release = find_release(history.releases.values(), place.release)
    rules = rules_on(history.line_for(release), place.stage)
    gates = release.stages.stage(place.stage).gates
    if place.gate not in gates:
        raise UsageProblem(
            f"{release.alias} has no gate {place.gate!r} in {place.stage}",
            why=f"it has: {', '.join(gates)}",
            next="promote releases",
        )
    if unfit := rules.may_not_override(shop.actor):
        raise NotEligible(
            f"{shop.actor.name} may not override a gate in {place.stage}",
            why=unfit,
            next="promote line show",
        )
    return release
