"""A deployer whose stages are dictionaries: steps change them, can fail, and can crash the engine."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.core.errors import ChildCrashed, ChildRefused, TryAgain
from pipeline.core.follow_ups import FollowUp
from pipeline.core.legs import Leg
from pipeline.core.plan import Change, Found, Inputs, Plan, Roster, RosterEntry, Step, Trouble, Undo
from pipeline.core.planes import PlaneSeen, PlanesSeen
from pipeline.core.stages import StageGraph, StageSpec
from pipeline.ports import CheckResult, Context, StepResult, Target
from pipeline.testing.trap import Trap

GRAPH = StageGraph(
    (
        StageSpec("dev", None, ("smoke",), lab=True),
        StageSpec("staging", "dev", ("smoke", "failover"), lab=True),
        StageSpec("prod", "staging", ("smoke",)),
    )
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a release wants in a stage: the value of each thing, and which things each needs first.

    The steps of `legs` are names of things. `irreversible` are those that can't be changed back, and why.
    `retires` are the things that it needs no more; None of a release that knows of no retirement. `contracts`
    are those that change in a second leg of a retirement, once these are gone. `follow_up` is what is to be
    done after a plan that changes something.
    """

    things: Mapping[str, str]
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refusals: tuple[str, ...] = ()
    legs: tuple[Leg, ...] = ()
    irreversible: Mapping[str, str] = field(default_factory=dict)
    retires: tuple[str, ...] | None = ()
    contracts: tuple[str, ...] = ()
    follow_up: FollowUp | None = None


@dataclass(slots=True)
class World:
    """The real state: for each stage, the value of each thing. It outlives the engine, as machines do.

    `recipes` are by release id. `broken` names what fails: "step THING", "plan", "begin", "roster",
    "collect", "fence", "planes", and once only "transient THING", "transient plan" and "crashing plan"; " of
    RELEASE" after it limits it to one release. `errors` are raised instead of a crash. `tokens` are the
    newest each stage has seen. `checks` are those of a gate, as "GATE of RELEASE in leg LEG", "GATE of
    RELEASE" or "GATE"; by default one, named as it. `graphs` are the stages that the config of a release
    names, by release id; by default `graph`. `images` are what a step makes of a release's image now, by
    release id; by default always the same. `rests` are the things that each component rests on; of others
    nothing is told, and by default of none, as by older releases. `definitions` are those of gates, by the
    same names as `checks`. `check` is what any release says of a config, and `refusing` what one says, by
    its id. `planes` are those of a stage; by default one, of all its things, which answers
    nothing.
    """

    recipes: dict[str, Recipe] = field(default_factory=dict)
    stages: dict[str, dict[str, str]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    errors: dict[str, Exception] = field(default_factory=dict)
    tokens: dict[str, int] = field(default_factory=dict)
    graph: StageGraph = GRAPH
    graphs: dict[str, StageGraph] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)
    checks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rests: dict[str, tuple[str, ...]] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    planes: dict[str, PlanesSeen] = field(default_factory=dict)
    check: CheckResult | None = None
    refusing: dict[str, CheckResult] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)


def _retired(things: tuple[str, ...], contracts: tuple[str, ...], now: Mapping[str, str]) -> Plan:
    """Remove those of these things that are still there, then contract, for good and one after the other."""
    there = [name for name in things if now.get(name, "gone") != "gone"]
    left = [name for name in contracts if now.get(name) != "contracted"]
    wanted = [
        *((f"gone/{name}", name, f"remove {name}", "gone") for name in there),
        *((f"contract/{name}", name, f"contract {name}", "contracted") for name in left),
    ]
    undo = Undo(possible=False, why="it does not come back")
    before = [(), *((name,) for name, *_ in wanted)]
    steps = tuple(
        Step(name, "host", host, title, needs, undo, {"value": value})
        for (name, host, title, value), needs in zip(wanted, before, strict=False)
    )
    names = tuple(step.id for step in steps)
    parts = (
        ("remove", names[: len(there)], ("smoke",) if left else ()),
        ("contract", names[len(there) :], ()),
    )
    legs = tuple(Leg(name, part, gates, asks_policy=True) for name, part, gates in parts if part)
    summary = tuple(Change(host, title) for _, host, title, _ in wanted)
    return Plan(steps, summary=summary, new=False, legs=legs, retires=True)


def _entry(check: str) -> RosterEntry:
    component, slash, name = check.partition("/")
    return RosterEntry(component, "-", name) if slash else RosterEntry("thing", "-", check)


class FakeDeployer:
    """The Deployer port on a World. It passes the trap before and after every effect."""

    def __init__(self, world: World, trap: Trap | None = None) -> None:
        self._world = world
        self._trap = trap or Trap()

    def check(self, release: str, config: Path | None = None) -> CheckResult:  # noqa: ARG002 - the port's signature
        """What the world says of all configs, or of those that this release reads."""
        self._note(f"check {release}")
        if error := self._world.errors.get(f"check {release}"):
            raise error
        own = self._world.refusing.get(release)
        return own or self._world.check or CheckResult((), self._graph(release))

    def plan(self, context: Context) -> Plan:
        """Plan a step for each thing whose value differs from the recipe."""
        self._note(f"plan {context.stage} {context.release}")
        if self._only_once("transient plan", context):
            raise TryAgain("the network failed for a moment")
        if self._only_once("crashing plan", context):
            raise ChildCrashed("`python -m stages plan` of the release was killed by signal 9")
        self._break("plan", context)
        recipe, now = self._world.recipes[context.release], self._world.stages.get(context.stage, {})
        if recipe.refusals:
            return Plan(refusals=recipe.refusals, found=self._found(context, {}))
        if context.redeploy is not None:
            return self._redeployed(context.redeploy, recipe)
        if context.retire and recipe.retires is not None:
            return _retired(recipe.retires, recipe.contracts, now)
        changed = {name: value for name, value in recipe.things.items() if now.get(name) != value}
        steps = tuple(
            Step(
                id=name,
                kind="host" if context.bootstrap is None else "cluster",
                host=name,
                title=f"make {name} {value}",
                needs=tuple(need for need in recipe.needs.get(name, ()) if need in changed),
                undo=Undo(name not in recipe.irreversible, recipe.irreversible.get(name)),
                action={"value": value},
            )
            for name, value in changed.items()
        )
        summary = tuple(Change(name, f"becomes {value}") for name, value in changed.items())
        legs = tuple(
            replace(leg, steps=tuple(name for name in leg.steps if name in changed)) for leg in recipe.legs
        )
        found, follow_up = self._found(context, changed), recipe.follow_up if steps else None
        return Plan(steps, summary=summary, new=not now, found=found, legs=legs, follow_up=follow_up)

    def _redeployed(self, host: str, recipe: Recipe) -> Plan:
        """Replace one thing, whatever it is now."""
        if host not in recipe.things:
            return Plan(
                refusals=(f"no thing {host}; there is {', '.join(recipe.things)} (next: promote status)",)
            )
        action = {"value": recipe.things[host]}
        gone = Step(f"gone/{host}", "leave", host, f"remove {host}", action={"value": "gone"})
        made = Step(host, "host", host, f"make a new {host}", needs=(gone.id,), action=action)
        summary = tuple(Change(host, step.title) for step in (gone, made))
        return Plan((gone, made), summary=summary, new=False, redeploys=host)

    def _found(self, context: Context, changed: Mapping[str, str]) -> tuple[Found, ...] | None:
        """Each thing has its value; those that a person chose say so."""
        if context.bootstrap is None:
            return None
        now = self._world.stages.get(context.stage, {})
        chosen = context.bootstrap.sources
        return tuple(
            Found(
                "thing",
                name,
                value,
                "starts" if name in chosen else "joins" if name in changed else "nothing",
            )
            for name, value in now.items()
        )

    def begin(self, context: Context, plan: Plan) -> None:
        self._note(f"begin {context.stage} {'new' if plan.new else 'standing'}")
        self._trap.pass_("before begin")
        self._break("begin", context)
        self._trap.pass_("after begin")

    def fence(self, context: Context) -> Sequence[str]:
        self._note(f"fence {context.stage} {context.token}")
        self._trap.pass_("before fence")
        self._break("fence", context)
        self._world.tokens[context.stage] = max(context.token or 0, self._world.tokens.get(context.stage, 0))
        self._trap.pass_("after fence")
        return tuple(self._world.stages.get(context.stage, {}))

    def perform(self, context: Context, step: Step) -> StepResult:
        """Set the thing to the step's value. Refuses an older token than the stage has seen."""
        self._note(f"perform {context.stage} {step.id}")
        self._trap.pass_(f"before effect {step.id}")
        token = context.token or 0
        if token < self._world.tokens.get(context.stage, 0):
            return StepResult(Trouble(f"older token {token}"))
        self._world.tokens[context.stage] = token
        if self._only_once(f"transient {step.id}", context):
            return StepResult(Trouble("the network failed for a moment", where=step.id), transient=True)
        if error := self._world.errors.pop(f"step {step.id}", None):
            raise error
        if self._is_broken(f"step {step.id}", context):
            return StepResult(Trouble("it did not work", where=step.id, why="the test says so"))
        self._world.stages.setdefault(context.stage, {})[step.host or step.id] = str(step.action["value"])
        self._trap.pass_(f"after effect {step.id}")
        image = self._world.images.get(context.release, f"image of {context.release}")
        return StepResult(receipt={"value": step.action["value"]}, artifacts={"image": image})

    def roster(self, context: Context, gate: str) -> Roster:
        """A roster with the gate's checks, of one component unless a check names another before a slash."""
        self._note(f"roster {context.stage} {gate}")
        self._break("roster", context)
        if not any(gate in spec.gates for spec in self._graph(context.release).stages):
            raise ChildRefused(f"there is no gate {gate!r}", next="promote check")
        of_release = f"{gate} of {context.release}"
        names = (f"{of_release} in leg {context.leg}", of_release, gate)
        checks = next((found for name in names if (found := self._world.checks.get(name))), (gate,))
        entries = tuple(_entry(check) for check in checks)
        defined = (told for name in names if (told := self._world.definitions.get(name)))
        definition = next(defined, f"definition of {gate}")
        inputs = {name: self._inputs(context, definition, rests) for name, rests in self._world.rests.items()}
        return Roster(entries, 60, definition, inputs)

    def target(self, context: Context) -> Target:
        self._note(f"target {context.stage}")
        return Target(Path("target.json"))

    def collect(self, context: Context, into: Path) -> Sequence[str]:
        self._note(f"collect {context.stage} {dict(self._world.stages.get(context.stage, {}))} {into.name}")
        self._break("collect", context)
        self._trap.pass_("after collect")
        return ("journal.log",)

    def planes(self, context: Context) -> PlanesSeen:
        """Those of the stage."""
        self._note(f"planes {context.stage}")
        self._break("planes", context)
        things = len(self._world.stages.get(context.stage, {}))
        return self._world.planes.get(context.stage, PlanesSeen((PlaneSeen("all", "", things, things),)))

    def _inputs(self, context: Context, definition: str, rests: tuple[str, ...]) -> Inputs:
        """What rests on these things, as the release wants them, on its image and the gate's definition."""
        things = self._world.recipes[context.release].things
        text = [
            definition,
            self._world.images.get(context.release, ""),
            *(things.get(name, "") for name in rests),
        ]
        return Inputs(hashlib.sha256(repr(text).encode()).hexdigest(), tuple(sorted(rests)))

    def _graph(self, release: str) -> StageGraph:
        return self._world.graphs.get(release, self._world.graph)

    def _note(self, call: str) -> None:
        self._world.calls.append(call)

    def _only_once(self, what: str, context: Context) -> bool:
        found = {what, f"{what} of {context.release}"} & self._world.broken
        self._world.broken -= found
        return bool(found)

    def _is_broken(self, what: str, context: Context) -> bool:
        return bool({what, f"{what} of {context.release}"} & self._world.broken)

    def _break(self, what: str, context: Context) -> None:
        if error := self._world.errors.get(what):
            raise error
        if self._is_broken(what, context):
            raise ChildCrashed(
                f"`python -m stages {what}` of the release ended with status 1", why="the test says so"
            )
