"""Everything that people may ask of a site, and everything that may go wrong meanwhile, each as one call."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from unittest import mock

from pipeline.core.actor import Actor
from pipeline.core.errors import IllegalTransition, StagegateError, StageLocked
from pipeline.core.legs import Leg
from pipeline.core.line import Line
from pipeline.core.plan import Choice
from pipeline.core.release import find_release
from pipeline.core.stages import StageGraph
from pipeline.engine.approvals import approve
from pipeline.engine.approvals import withdraw as withdraw_approval
from pipeline.engine.choose import pin
from pipeline.engine.gate import run_gate
from pipeline.engine.holds import hold, unhold
from pipeline.engine.line import set_line
from pipeline.engine.overrides import Place, override, withdraw_override
from pipeline.engine.preview import preview, preview_redeploy, preview_retire
from pipeline.engine.promote import Wish, promote
from pipeline.engine.redeploy import redeploy
from pipeline.engine.rejections import reject, withdraw
from pipeline.engine.resume import abort, resume
from pipeline.engine.retire import retire
from pipeline.engine.rollback import roll_back
from pipeline.testing import Bench, Crash, Trap
from pipeline.testing.deployer import GRAPH
from pipeline.workshop import Workshop

GATES = ("smoke", "failover", "api")
Command = Callable[[Workshop], object]


@dataclass(frozen=True)
class Stop:
    """A command does not get to its end: a signal after so many events, or a kill at this call of a port."""

    events: int | None = None
    call: int | None = None


TO_THE_END = Stop()


@dataclass(frozen=True)
class Legging:
    """The legs of a release's plans, and the things that it can't change back."""

    legs: tuple[Leg, ...] = ()
    irreversible: tuple[str, ...] = ()


WITHOUT_LEGS = Legging()


@dataclass
class Between(Trap):
    """A trap that kills nobody: `happens`, once, at the call numbered `at`."""

    happens: Callable[[], None] = lambda: None

    def pass_(self, name: str) -> None:
        self.seen.append(name)
        if len(self.seen) == self.at:
            self.happens()


class Orders:
    """A site on fakes. A refusal of the engine is an answer like any other: it raises nothing.

    Releases are named by their place in the order of their commits.
    """

    def __init__(self) -> None:
        self.bench = Bench()
        self.releases: list[str] = []
        # Whether this engine does not know lines yet, as engines once did.
        self.old = False
        self._between: Between | None = None
        self._running: set[int] = set()

    def commit(
        self,
        graph: StageGraph = GRAPH,
        checks: tuple[str, ...] = ("one",),
        legging: Legging = WITHOUT_LEGS,
        **things: str,
    ) -> None:
        """A new release, whose config names these stages; each of its gates makes these checks.

        It wants these things; without any, a thing that no other release wants so. Its plans have these legs.
        """
        world, name = self.bench.world, f"release {len(self.releases)}"
        release = self.bench.commit(name, **things)
        irreversible = dict.fromkeys(legging.irreversible, "a test says so")
        world.recipes[release] = replace(
            world.recipes[release], legs=legging.legs, irreversible=irreversible, retires=("old",)
        )
        world.graph = world.graphs[release] = graph
        self.releases.append(release)
        self.see(len(self.releases) - 1, checks)
        shop = self.bench.shop()
        pin(shop, shop.revisions.identify(None))

    def see(self, number: int, checks: tuple[str, ...]) -> None:
        """From now on the gates of this release make these checks."""
        for gate in GATES:
            self.bench.world.checks[f"{gate} of {self.releases[number]}"] = checks

    def rebuild(self, number: int, stage: str) -> None:
        """The stage has lost its hosts, and whatever builds this release's image now makes another one."""
        images, release = self.bench.world.images, self.releases[number]
        images[release] = f"{images.get(release, 'image')} again"
        self.bench.world.stages.pop(stage, None)

    def promote(  # noqa: PLR0913 - each is a part of the order
        self,
        stage: str,
        number: int | None = None,
        stop: Stop = TO_THE_END,
        *,
        keep: bool = False,
        anew: bool = False,
        wait_s: float = 0.0,
    ) -> None:
        name = None if number is None else self.releases[number]
        self._ask(lambda shop: promote(shop, Wish(stage, name, keep=keep, anew=anew, wait_s=wait_s)), stop)

    def promote_plan(self, stage: str, number: int, between: Callable[[], None]) -> None:
        """Promote exactly what is planned now, after something else has happened."""
        release = self.releases[number]
        seen: list[str] = []
        self._ask(lambda shop: seen.append(preview(shop, stage, release, None).digest))
        between()
        if seen:
            wish = Wish(stage, release, expects=seen[0])
            self._ask(lambda shop: promote(shop, wish))

    def take(self, stage: str, for_s: float) -> None:
        """Somebody else, who is not killed, has the stage for so long."""
        shop = self.bench.shop()
        self._running.add(self.bench.processes)
        with suppress(StageLocked):
            shop.ledger.acquire(stage, "something else", for_s)

    def roll_back(self, stage: str, number: int | None = None, stop: Stop = TO_THE_END) -> None:
        name = None if number is None else self.releases[number]
        self._ask(lambda shop: roll_back(shop, stage, name), stop)

    def redeploy(self, stage: str, thing: str, stop: Stop = TO_THE_END, answer: str = "passed") -> None:
        """Replace a thing; smoke, which is run then, gives this answer."""
        with mock.patch.dict(self.bench.answers, {f"smoke in {stage}": answer}):
            self._ask(lambda shop: redeploy(shop, preview_redeploy(shop, stage, thing), thing), stop)

    def retire(self, stage: str, stop: Stop = TO_THE_END, answer: str = "passed") -> None:
        """Remove what stands beside the release; smoke, which is run then, gives this answer."""
        self.bench.world.stages.setdefault(stage, {})["old"] = "1"
        with mock.patch.dict(self.bench.answers, {f"smoke in {stage}": answer}):
            self._ask(lambda shop: retire(shop, preview_retire(shop, stage)), stop)

    def resume(self, stage: str, stop: Stop = TO_THE_END) -> None:
        self._ask(lambda shop: resume(shop, stage), stop)

    def abort(self, stage: str, stop: Stop = TO_THE_END) -> None:
        self._ask(lambda shop: abort(shop, stage), stop)

    def run_gate(self, gate: str, stage: str, component: str | None = None) -> None:
        self._ask(lambda shop: run_gate(shop, gate, stage, Choice(component)))

    def drift(self, stage: str, thing: str) -> None:
        """Somebody changes this thing by hand, if it stands there."""
        if thing in (standing := self.bench.world.stages.get(stage, {})):
            standing[thing] = "by hand"

    def hold(self, stage: str | None, for_s: float | None = None) -> None:
        until = None if for_s is None else self.bench.clock.now() + for_s
        self._ask(lambda shop: hold(shop, stage, "a test", until))

    def unhold(self, number: int) -> None:
        self._ask(lambda shop: unhold(shop, f"h{number}", None))

    def reject(self, number: int, *, back: bool = False) -> None:
        """Reject this release, or take its rejection back."""
        release = self.releases[number]
        self._ask(lambda shop: (withdraw if back else reject)(shop, release, "a test"))

    def speak_as(self, name: str, *, proved: bool = False) -> None:
        """From now on the orders come from this person."""
        self.bench.actor = Actor(name, proved)

    def approve(self, stage: str, number: int, *, other_plan: bool = False) -> None:
        """Approve the plan as it would be made now, or one that nobody makes."""
        release = self.releases[number]

        def command(shop: Workshop) -> None:
            digest = "another" if other_plan else preview(shop, stage, release, None).digest
            approve(shop, stage, find_release(shop.history().releases.values(), release), digest, "a test")

        self._ask(command)

    def withdraw_approval(self, stage: str, number: int) -> None:
        release = self.releases[number]
        self._ask(
            lambda shop: withdraw_approval(
                shop, stage, find_release(shop.history().releases.values(), release), "a test"
            )
        )

    def override(self, stage: str, number: int, gate: str, for_s: float | None = None) -> None:
        until = None if for_s is None else self.bench.clock.now() + for_s
        place = Place(stage, self.releases[number], gate)
        self._ask(lambda shop: override(shop, place, "a test", until))

    def withdraw_override(self, stage: str, number: int, gate: str) -> None:
        place = Place(stage, self.releases[number], gate)
        self._ask(lambda shop: withdraw_override(shop, place, "a test"))

    def set_line(self, line: Line) -> None:
        self._ask(lambda shop: set_line(shop, line, "a test", expected=shop.history().line))

    def between(self, call: int, happens: Callable[[], None]) -> None:
        """Right at this call of a port by the next command, something else happens beside it."""
        self._between = Between(call, happens=happens)

    def _ask(self, command: Command, stop: Stop = TO_THE_END) -> None:
        trap, self._between = self._between or Trap(stop.call), None
        quiet = self.bench.quiet
        outer = (quiet.after, quiet.signal)
        quiet.after = None if stop.events is None else len(quiet.records) + stop.events
        shop = self.bench.shop(trap)
        # What runs beside others does not take them for dead.
        self.bench.store.dead -= self._running
        process = self.bench.processes
        self._running.add(process)
        older = mock.patch("pipeline.engine.promote.ensure_line") if self.old else nullcontext()
        try:
            with older:
                command(shop)
        except IllegalTransition:
            raise
        except StagegateError:
            pass
        except Crash:
            self.bench.store.dead.add(process)
        finally:
            self._running.discard(process)
            quiet.after, quiet.signal = outer
