"""Everything that people may ask of a site, and everything that may go wrong meanwhile, each as one call."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from unittest import mock

from pipeline.core.errors import IllegalTransition, StagegateError
from pipeline.core.line import Line
from pipeline.core.stages import StageGraph
from pipeline.engine.choose import pin
from pipeline.engine.gate import run_gate
from pipeline.engine.holds import hold, unhold
from pipeline.engine.line import set_line
from pipeline.engine.overrides import Place, override, withdraw_override
from pipeline.engine.promote import Wish, promote
from pipeline.engine.rejections import reject, withdraw
from pipeline.engine.resume import abort, resume
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

    def commit(self, graph: StageGraph = GRAPH, checks: tuple[str, ...] = ("one",)) -> None:
        """A new release, whose config names these stages; each of its gates makes these checks."""
        world, name = self.bench.world, f"release {len(self.releases)}"
        release = self.bench.commit(name)
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

    def promote(
        self, stage: str, number: int | None = None, stop: Stop = TO_THE_END, *, keep: bool = False
    ) -> None:
        name = None if number is None else self.releases[number]
        self._ask(lambda shop: promote(shop, Wish(stage, name, keep=keep)), stop)

    def roll_back(self, stage: str, number: int | None = None, stop: Stop = TO_THE_END) -> None:
        name = None if number is None else self.releases[number]
        self._ask(lambda shop: roll_back(shop, stage, name), stop)

    def resume(self, stage: str, stop: Stop = TO_THE_END) -> None:
        self._ask(lambda shop: resume(shop, stage), stop)

    def abort(self, stage: str, stop: Stop = TO_THE_END) -> None:
        self._ask(lambda shop: abort(shop, stage), stop)

    def run_gate(self, gate: str, stage: str) -> None:
        self._ask(lambda shop: run_gate(shop, gate, stage))

    def hold(self, stage: str | None, for_s: float | None = None) -> None:
        until = None if for_s is None else self.bench.clock.now() + for_s
        self._ask(lambda shop: hold(shop, stage, "a test", until))

    def unhold(self, number: int) -> None:
        self._ask(lambda shop: unhold(shop, f"h{number}", None))

    def reject(self, number: int, *, back: bool = False) -> None:
        """Reject this release, or take its rejection back."""
        release = self.releases[number]
        self._ask(lambda shop: (withdraw if back else reject)(shop, release, "a test"))

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
        except (StagegateError, Crash):
            pass
        finally:
            self._running.discard(process)
            quiet.after, quiet.signal = outer
