"""What tests of the engine do before they look: promote to dev, stand on a release, be interrupted."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.errors import RunInterrupted, StageHeld
from pipeline.core.kinds import Outcome
from pipeline.core.legs import Leg
from pipeline.core.plan import Step
from pipeline.core.shard import Shard
from pipeline.engine.choose import pin
from pipeline.engine.holds import hold
from pipeline.engine.line import set_line
from pipeline.engine.overrides import Place
from pipeline.engine.promote import Wish, promote
from pipeline.engine.result import RunResult
from pipeline.engine.resume import resume
from pipeline.engine.shard import Part, run_shard
from pipeline.ports import Context, Ledger, StepResult
from pipeline.testing import Bench, FakeDeployer
from pipeline.testing.deployer import Recipe
from pipeline.workshop import Workshop


def go(bench: Bench, stage: str = "dev", **wish: object) -> RunResult:
    """Promote as an engine process of its own would."""
    return promote(bench.shop(), Wish(stage, **wish))


def verified(bench: Bench, **things: str) -> str:
    """A first release that dev has verified; its id."""
    release = bench.commit("first", **(things or {"a": "1"}))
    go(bench)
    return release


def turned_down(bench: Bench, **things: str) -> tuple[str, str]:
    """A first release that dev has verified, and a second one that its gate will turn down; their ids."""
    first = verified(bench, **things)
    second = bench.commit("second", **dict.fromkeys(things or ("a",), "2"))
    bench.answers[f"smoke of {second}"] = "failed"
    return first, second


def may_override(bench: Bench) -> Place:
    """The operator may override dev's gates; the place where smoke turns the checkout's release down."""
    shop = bench.shop()
    release = pin(shop, shop.revisions.identify(None))
    before = shop.history().line
    assert before is not None
    dev, *rest = before.stages
    after = replace(before, stages=(replace(dev, overriders=(shop.actor.name,)), *rest))
    set_line(shop, after, "a test", expected=before)
    return Place("dev", release.id, "smoke")


def rolled_back(result: RunResult) -> Attempt:
    """The rollback that the run caused, which is complete."""
    assert result.rollback is not None
    assert result.rollback.outcome is Outcome.ROLLED_BACK
    return result.rollback


class Meanwhile:
    """A deployer of this bench; something `happens` just before each step is performed."""

    def __init__(self, bench: Bench, happens: Callable[[Step], object]) -> None:
        self._inner = FakeDeployer(bench.world)
        self._happens = happens

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def perform(self, context: Context, step: Step) -> StepResult:
        self._happens(step)
        return self._inner.perform(context, step)


class JustBefore:
    """A ledger; something `happens` once, right before the first event of a kind is recorded."""

    def __init__(self, inner: Ledger, kind: type, happens: Callable[[], object]) -> None:
        self._inner = inner
        self._kind = kind
        self._happens: Callable[[], object] | None = happens

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def append(self, events: Sequence[ev.Event], **how: object) -> object:
        happens = self._happens
        if happens is not None and isinstance(events[0], self._kind):
            self._happens = None
            happens()
        return self._inner.append(events, **how)


def interrupt(bench: Bench, run: Callable[[], object], after: int = 4) -> None:
    """Let a signal arrive when the run has recorded so many events; it is over then."""
    bench.quiet.after = len(bench.quiet.records) + after
    with pytest.raises(RunInterrupted):
        run()
    bench.quiet.after, bench.quiet.signal = None, None


def second_interrupted(bench: Bench) -> None:
    """A release that dev has verified, and a second one that a signal ended halfway."""
    verified(bench, a="1", b="1")
    bench.commit("second", a="2", b="2")
    interrupt(bench, lambda: go(bench))


BUILD = Leg("build", ("a", "b"), ("smoke",))
CUT_OVER = Leg("cut-over", ("c",), asks_policy=True)


def in_legs(bench: Bench, *legs: Leg, value: str = "2", irreversible: tuple[str, ...] = ()) -> str:
    """A release whose plan has these legs, by default to build and to cut over; its id."""
    release = bench.commit(f"legged {value}")
    things = dict.fromkeys("abc", value)
    why = dict.fromkeys(irreversible, "the test says so")
    bench.world.recipes[release] = Recipe(
        things, {"b": ("a",)}, legs=legs or (BUILD, CUT_OVER), irreversible=why
    )
    return release


def standing_and_in_legs(bench: Bench, **more: tuple[str, ...]) -> str:
    """A release that dev has verified, and a second one, whose plan has two legs; the id of the second."""
    verified(bench, a="1", b="1", c="1")
    return in_legs(bench, **more)


def held_between_legs(bench: Bench, **more: tuple[str, ...]) -> None:
    """Somebody holds dev while the first leg of the second release goes on, which then ends its run."""
    standing_and_in_legs(bench, **more)
    shop = replace(bench.shop(), deployer=Meanwhile(bench, lambda step: step.id == "b" and hold_dev(bench)))
    with pytest.raises(StageHeld):
        promote(shop, Wish("dev"))


def hold_dev(bench: Bench) -> None:
    shop = bench.shop()
    bench.store.dead.clear()  # it runs beside the promotion
    hold(shop, "dev", "fair", None)


def story(bench: Bench, attempt: str) -> list[str]:
    """What began in this attempt, in order."""
    told = {
        ev.LegStarted: lambda event: f"leg {event.leg}",
        ev.StepStarted: lambda event: event.step,
        ev.GateStarted: lambda event: f"gate {event.full_name}",
    }
    return [
        told[type(record.event)](record.event)
        for record in bench.store.records
        if type(record.event) in told and record.event.attempt == attempt
    ]


def in_shards(shop: Workshop) -> object:
    """A promotion whose gate two shards judge, as jobs do it one after the other."""
    handed = promote(shop, Wish("dev", hand_over=True))
    if handed.handed_over:
        for number in (1, 2):
            run_shard(shop, Part("dev", "smoke", Shard(number, 2)))
        return resume(shop, "dev")
    return handed
