"""A kill at any call the engine makes, then resume, ends where the unkilled run ends."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import pytest
from runs import (
    held_between_legs,
    in_shards,
    interrupt,
    may_override,
    second_interrupted,
    standing_and_in_legs,
    turned_down,
    verified,
)

from pipeline.core.errors import NotEligible, StageHeld
from pipeline.engine.gate import run_gate
from pipeline.engine.holds import hold, unhold
from pipeline.engine.overrides import override
from pipeline.engine.preview import preview_redeploy, preview_retire
from pipeline.engine.promote import Wish, promote
from pipeline.engine.redeploy import redeploy
from pipeline.engine.resume import abort, resume
from pipeline.engine.retire import retire
from pipeline.testing import Bench, Crash, Trap
from pipeline.testing.deployer import Recipe
from pipeline.workshop import Workshop


@dataclass(frozen=True)
class Scene:
    """A bench made ready, and the command that is killed."""

    ready: Callable[[Bench], object]
    command: Callable[[Workshop], object]
    # Whether the command begins an attempt, and may be given again when it did not get so far.
    begins: bool = True


def fresh(bench: Bench) -> None:
    release = bench.commit("first")
    bench.world.recipes[release] = Recipe({"a": "1", "b": "1", "c": "1"}, {"b": ("a",), "c": ("a",)})


def red(bench: Bench) -> None:
    turned_down(bench, a="1", b="1")


def overridden(bench: Bench) -> None:
    """The gate that turns the second release down is overridden."""
    red(bench)
    override(bench.shop(), may_override(bench), "a known defect")


def shaky(bench: Bench) -> None:
    fresh(bench)
    bench.world.broken |= {"transient plan", "transient b"}


def shaky_rollback(bench: Bench) -> None:
    red(bench)
    (first, _) = bench.world.recipes
    bench.world.broken |= {f"transient plan of {first}", f"transient a of {first}"}


def broken(bench: Bench) -> None:
    verified(bench, a="1", b="1")
    second = bench.commit("second", a="2", b="2")
    bench.world.broken.add(f"step b of {second}")


def rollback_breaks(bench: Bench) -> None:
    red(bench)
    bench.answers["smoke in dev"] = "failed"


def refused(bench: Bench) -> None:
    release = bench.commit("first")
    bench.world.recipes[release] = Recipe({}, {}, ("no",))


def redeploy_breaks(bench: Bench) -> None:
    verified(bench, a="1", b="1")
    bench.world.broken.add("step gone/a")


def redeploy_dev(shop: Workshop) -> object:
    return redeploy(shop, preview_redeploy(shop, "dev", "a"), "a")


def beside(bench: Bench) -> None:
    """Beside a verified release stand two things that it needs no more."""
    release = verified(bench)
    bench.world.stages["dev"] |= {"old-1": "1", "old-2": "1"}
    bench.world.recipes[release] = replace(bench.world.recipes[release], retires=("old-1", "old-2"))


def beside_and_contracts(bench: Bench) -> None:
    """Once they are gone, something is left to do, in a second leg."""
    beside(bench)
    (release,) = bench.world.recipes
    bench.world.recipes[release] = replace(bench.world.recipes[release], contracts=("schema",))


def contracts_and_red(bench: Bench) -> None:
    beside_and_contracts(bench)
    bench.answers["smoke in leg remove"] = "failed"


def retires_on(bench: Bench) -> None:
    """A hold ended a retirement between its legs, and was lifted."""
    beside_and_contracts(bench)
    interrupt(bench, lambda: retire_dev(bench.shop()), 8)
    hold(bench.shop(), "dev", "fair", None)
    with pytest.raises(StageHeld):
        resume(bench.shop(), "dev")
    unhold(bench.shop(), "h1", None)


def beside_and_red(bench: Bench) -> None:
    beside(bench)
    bench.answers["smoke in dev"] = "failed"


def retire_dev(shop: Workshop) -> object:
    return retire(shop, preview_retire(shop, "dev"))


def in_two_legs(bench: Bench) -> None:
    standing_and_in_legs(bench)


def red_in(leg: str, **more: tuple[str, ...]) -> Callable[[Bench], None]:
    """The second release has two legs, and the gate of this one turns it down."""

    def ready(bench: Bench) -> None:
        standing_and_in_legs(bench, **more)
        bench.answers[f"smoke in leg {leg}"] = "failed"

    return ready


def breaks_irreversibly(bench: Bench) -> None:
    second = standing_and_in_legs(bench, irreversible=("c",))
    bench.world.broken.add(f"step c of {second}")


def held_soon(bench: Bench) -> None:
    """A signal ended the first of two legs, and the second may not begin."""
    standing_and_in_legs(bench)
    interrupt(bench, lambda: promote(bench.shop(), Wish("dev")), 5)
    hold(bench.shop(), "dev", "fair", None)


def held_no_more(bench: Bench) -> None:
    held_between_legs(bench)
    unhold(bench.shop(), "h1", None)


def resume_until_held(shop: Workshop) -> None:
    with pytest.raises(StageHeld):
        resume(shop, "dev")


def promote_dev(shop: Workshop) -> object:
    return promote(shop, Wish("dev"))


SCENES = {
    "green": Scene(fresh, promote_dev),
    "red gate": Scene(red, promote_dev),
    "shards": Scene(fresh, in_shards),
    "red shards": Scene(red, in_shards),
    "shards of the last leg": Scene(in_two_legs, in_shards),
    "overridden gate": Scene(overridden, promote_dev),
    "transient failures": Scene(shaky, promote_dev),
    "transient failures of a rollback": Scene(shaky_rollback, promote_dev),
    "failed step": Scene(broken, promote_dev),
    "failed rollback": Scene(rollback_breaks, promote_dev),
    "refused plan": Scene(refused, promote_dev),
    "ad hoc gate": Scene(verified, lambda shop: run_gate(shop, "smoke", "dev")),
    "redeploy": Scene(lambda bench: verified(bench, a="1", b="1"), redeploy_dev),
    "failed redeploy": Scene(redeploy_breaks, redeploy_dev),
    "retire": Scene(beside, retire_dev),
    "red gate after a retirement": Scene(beside_and_red, retire_dev),
    "retire in two legs": Scene(beside_and_contracts, retire_dev),
    "red gate between the legs of a retirement": Scene(contracts_and_red, retire_dev),
    "resume a retirement between legs": Scene(retires_on, lambda shop: resume(shop, "dev"), begins=False),
    "resume": Scene(second_interrupted, lambda shop: resume(shop, "dev"), begins=False),
    "abort": Scene(second_interrupted, lambda shop: abort(shop, "dev")),
    "legs": Scene(in_two_legs, promote_dev),
    "red gate of the first leg": Scene(red_in("build"), promote_dev),
    "red gate of the last leg": Scene(red_in("cut-over"), promote_dev),
    "red gate past what can't be undone": Scene(red_in("cut-over", irreversible=("c",)), promote_dev),
    "failed step that can't be undone": Scene(breaks_irreversibly, promote_dev),
    "hold before a leg": Scene(held_soon, resume_until_held, begins=False),
    "resume between legs": Scene(held_no_more, lambda shop: resume(shop, "dev"), begins=False),
    "abort between legs": Scene(held_between_legs, lambda shop: abort(shop, "dev")),
}


def finish(bench: Bench, scene: Scene, attempts: int) -> None:
    """What a person does after a kill: resume, or, when nothing was begun, the command again."""
    try:
        resume(bench.shop(), None)
    except StageHeld:
        return
    except NotEligible:
        if scene.begins and len(bench.shop().history().attempts) == attempts:
            scene.command(bench.shop())


def end_state(bench: Bench) -> object:
    history = bench.shop().history()
    return {
        "world": bench.world.stages,
        # But for when: a run that was killed takes another time.
        "stages": {
            name: replace(
                view, soaked=dict.fromkeys(view.soaked), soaking_since=view.soaking_since is not None
            )
            for name, view in history.stages.items()
        },
        "outcomes": [(p.kind, p.outcome, p.release, p.run, p.keep) for p in history.attempts.values()],
        "locked by the living": [
            lease for lease in bench.store.leases.values() if lease.holder.pid not in bench.store.dead
        ],
        "releases": list(history.releases),
    }


@cache
def unkilled(name: str) -> tuple[tuple[str, ...], object]:
    """The calls of a scene's command that nobody kills, and where it ends; it is played once."""
    scene, bench = SCENES[name], Bench()
    scene.ready(bench)
    trap = Trap()
    scene.command(bench.shop(trap))
    return tuple(trap.seen), end_state(bench)


def deaths() -> list[tuple[str, int, str]]:
    return [(name, number, call) for name in SCENES for number, call in enumerate(unkilled(name)[0])]


@pytest.mark.parametrize(("name", "number", "call"), deaths(), ids=lambda value: str(value).replace(" ", "-"))
def test_a_run_killed_anywhere_and_resumed_ends_where_the_unkilled_one_ends(
    name: str, number: int, call: str
) -> None:
    scene, bench = SCENES[name], Bench()
    _, wanted = unkilled(name)
    scene.ready(bench)
    before = len(bench.shop().history().attempts)

    with pytest.raises(Crash):
        scene.command(bench.shop(Trap(at=number)))
    if name.startswith("abort") and not any(
        attempt.aborted for attempt in bench.shop().history().attempts.values()
    ):
        abort(bench.shop(), "dev")
    else:
        finish(bench, scene, before)

    assert end_state(bench) == wanted, call


@pytest.mark.parametrize("second", range(0, 30, 3))
def test_a_run_killed_twice_still_ends_the_same(second: int) -> None:
    scene = SCENES["red gate"]
    seen, wanted = unkilled("red gate")
    for first in range(8, len(seen), 5):
        bench = Bench()
        scene.ready(bench)
        with pytest.raises(Crash):
            scene.command(bench.shop(Trap(at=first)))
        try:
            resume(bench.shop(Trap(at=second)), None)
        except (Crash, NotEligible):
            finish(bench, scene, 1)
        assert end_state(bench) == wanted


@pytest.mark.parametrize("number", range(0, 40, 2))
def test_a_kill_while_steps_go_side_by_side_ends_the_same(number: int) -> None:
    scene = SCENES["green"]
    _, wanted = unkilled("green")
    bench = Bench()
    scene.ready(bench)
    try:
        scene.command(bench.shop(Trap(at=number), workers=3))
    except Crash:
        finish(bench, scene, 0)

    assert end_state(bench) == wanted
