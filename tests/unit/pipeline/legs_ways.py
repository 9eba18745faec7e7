"""Ways to a plan with legs: before it, between two of them, and after what can't be undone."""

import json
from collections.abc import Mapping

from desk import Desk, green

from pipeline.core import events as ev
from pipeline.core.legs import Leg
from pipeline.testing.deployer import Recipe

NOTHING: Mapping[str, str] = {}
LEGS = (Leg("build", ("a", "b"), ("smoke",)), Leg("cut-over", ("c",), asks_policy=True))


def legged(desk: Desk, legs: tuple[Leg, ...] = LEGS, irreversible: Mapping[str, str] = NOTHING) -> list[str]:
    """A release whose plan has legs, by default two."""
    release = desk.bench.commit("legged")
    things = dict.fromkeys("abc", "1")
    desk.bench.world.recipes[release] = Recipe(things, {"b": ("a",)}, legs=legs, irreversible=irreversible)
    return ["--stage", "dev"]


def legged_irreversible(desk: Desk) -> list[str]:
    """Two legs, of which the second can't be undone and has a red gate."""
    desk(*green(desk))
    desk.bench.answers["smoke in leg cut-over"] = "failed"
    return legged(desk, irreversible={"c": "c was contracted"})


def between_legs(desk: Desk) -> list[str]:
    """A hold was placed while the first of two legs went on; the command that goes on."""
    command = legged(desk)
    desk.bench.quiet.after = len(desk.bench.quiet.records) + 5
    desk(*command)
    desk.bench.quiet.after, desk.bench.quiet.signal = None, None
    desk("hold", "--stage", "dev", "--reason", "fair")
    desk("resume")
    return ["resume"]


def legged_again(desk: Desk) -> list[str]:
    """A plan with the legs of one that was performed before, whose first leg measured what a fault cost."""
    folder = desk.bench.site / "runs" / "p1" / "build" / "smoke-1"
    fault = {
        "fault": "writer_killed",
        "target": "database-1",
        "proof": "it died",
        "longest_gap_s": 0.5,
        "budget_s": 4.44,
        "errors": 12,
        "lost": 0,
        "acknowledged": 500,
        "recovered_after_s": None,
        "verdict": "passed",
    }
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(json.dumps({"checks": [{"faults": [fault]}]}))
    desk(*legged(desk))
    release = desk.bench.commit("legged again")
    recipe = Recipe(dict.fromkeys("abc", "2"), {"b": ("a",)}, legs=LEGS)
    desk.bench.world.recipes[release] = recipe
    return ["--stage", "dev"]


class Passing(list[ev.Record]):
    """The events that were recorded; as a gate begins, time passes."""

    def __init__(self, desk: Desk, seconds: float) -> None:
        super().__init__(desk.bench.quiet.records)
        self._clock, self._seconds = desk.bench.clock, seconds

    def append(self, record: ev.Record) -> None:
        super().append(record)
        if isinstance(record.event, ev.GateStarted):
            self._clock.time += self._seconds


def gates_take(desk: Desk, seconds: float) -> None:
    desk.bench.quiet.records = Passing(desk, seconds)
