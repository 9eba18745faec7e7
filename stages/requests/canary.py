"""A step of a plan: for a while, the colour that is to take over answers a part of the requests.

The parts are lent, never given. At each look, every load balancer lends them anew for `LENT` seconds, under
the lease; HAProxy itself ends them. So whatever dies, this program, the connection, or the host that runs
it, the traffic is back where it was after `LENT` seconds, and no file ever said anything else.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from stages.design.blueprint import Colour, pool
from stages.design.canary import Canary
from stages.design.colours import OTHER
from stages.errors import CanaryWorse, StagesError
from stages.planning.actions import TryColour
from stages.planning.comparing import Compared
from stages.requests import changing, counting
from stages.requests.context import Context
from stages.roles.loadbalancer.counted import Answers, Counters, between, together
from stages.roles.loadbalancer.role import lend, take_back

LOOK_EVERY, LENT = 5.0, 20.0  # seconds: a late look on a busy machine does not end what is lent

Say = Callable[[str, str | None], None]
Seen = Mapping[str, Counters]  # by load balancer


@dataclass(frozen=True, slots=True)
class _Trial:
    """One canary: what is asked for, and what load balancers had counted when it began."""

    context: Context
    action: TryColour
    began: Seen

    @property
    def canary(self) -> Canary:
        return Canary.read(self.action.canary)

    @property
    def own(self) -> Colour:
        return self.context.draft.blueprint.colour

    def lend(self) -> None:
        """Have every load balancer send the parts for a while."""
        part = self.canary.share if self.own is Colour.GREEN else 100 - self.canary.share
        parts = dict.fromkeys(self.action.services, part)
        command = lend(self.context.draft.blueprint, parts, LENT).to_json()
        for balancer in self.action.balancers:
            changing.run(self.context, balancer, [command])

    def take_back(self, say: Say) -> None:
        """End it at every load balancer; where that can't be said, it ends by itself."""
        for balancer in self.action.balancers:
            try:
                changing.run(self.context, balancer, [take_back().to_json()])
            except StagesError as error:
                say(f"its share ends by itself within {LENT:g} s: {error}", balancer)

    def look(self) -> Seen:
        return {balancer: counting.look(self.context, balancer) for balancer in self.action.balancers}

    def compared(self, seen: Seen) -> tuple[Compared, ...]:
        """Each service, of all load balancers together."""
        return tuple(
            Compared(
                service,
                self._answered(seen, pool(service, self.own)),
                self._answered(seen, pool(service, OTHER[self.own])),
            )
            for service in self.action.services
        )

    def _answered(self, seen: Seen, name: str) -> Answers:
        """What a pool or server answered, of all load balancers."""
        return together(between(self.began[one], seen[one], name) for one in self.action.balancers)

    def _servers(self, seen: Seen, service: str) -> str:
        """What each server of the colour that is tried answered, for people."""
        start = f"{pool(service, self.own)}/"
        names = sorted({name for one in seen.values() for name in one if name.startswith(start)})
        return ", ".join(f"{name.removeprefix(start)} {self._answered(seen, name)}" for name in names)

    def require(self, seen: Seen, worse: Mapping[str, str]) -> None:
        """Raise CanaryWorse if anything is worse; `worse` says what, by service."""
        if found := [f"{why}: {self._servers(seen, service)}" for service, why in worse.items() if why]:
            raise CanaryWorse(
                f"{self.own.value} answers worse than {OTHER[self.own].value}, and got no more requests",
                where=self.context.stage,
                why="; ".join(found),
                next="promote show",
            )


def run(context: Context, action: TryColour, say: Say) -> dict[str, Any]:
    """Lend the parts for the canary's time; return what was seen, for the step's receipt.

    Raises CanaryWorse if the colour answers worse, and as `changing.run` and `counting.look`. However it
    ends, the parts are back, or are within `LENT` seconds.
    """
    trial = _Trial(
        context, action, {balancer: counting.look(context, balancer) for balancer in action.balancers}
    )
    try:
        seen = _watch(trial, say)
    finally:
        trial.take_back(say)
    counting.keep(context, seen)
    compared = trial.compared(seen)
    trial.require(seen, {one.service: one.worse(trial.canary) for one in compared})
    told = [one.told if one.is_judged(trial.canary) else _not_judged(one, trial.canary) for one in compared]
    for line in told:
        say(line, None)
    return {"told": told, "measured": _measured(trial, compared)}


def _watch(trial: _Trial, say: Say) -> Seen:
    """Look until the time is over, or until something is clearly worse; return the last look."""
    trial.lend()
    began = time.monotonic()
    while True:
        left = trial.canary.seconds - (time.monotonic() - began)
        time.sleep(max(0.0, min(LOOK_EVERY, left)))
        seen = trial.look()
        compared = trial.compared(seen)
        passed = min(time.monotonic() - began, trial.canary.seconds)
        told = "; ".join(one.told for one in compared)
        say(f"{trial.own.value} after {passed:.0f} of {trial.canary.seconds:g} s: {told}", None)
        trial.require(seen, {one.service: one.clearly_worse(trial.canary) for one in compared})
        if time.monotonic() - began >= trial.canary.seconds:
            return seen
        trial.lend()


def _not_judged(one: Compared, canary: Canary) -> str:
    return f"{one.told}: not judged, that takes {canary.requests} requests"


def _measured(trial: _Trial, compared: Iterable[Compared]) -> dict[str, float]:
    """The numbers for the step's result."""
    found: dict[str, float] = {}
    for one in compared:
        sides = {(one.service, trial.own): one.tried, (one.service, OTHER[trial.own]): one.other}
        found |= counting.measured(sides)
        for (service, colour), answers in sides.items():
            if answers.requests:
                found[f"{service} {colour.value} ms to an answer"] = round(answers.wait, 1)
    return found
