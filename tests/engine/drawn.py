"""What random orders are drawn from: stages, gates, graphs, lines, people, and where a run is stopped."""

from dataclasses import dataclass

from hypothesis import strategies as st
from orders import GATES, WITHOUT_LEGS, Legging, Stop

from pipeline.core.approval import ApprovalRule
from pipeline.core.legs import Leg
from pipeline.core.line import Line, LineGate, LineStage
from pipeline.core.stages import StageGraph, StageSpec
from pipeline.testing.deployer import GRAPH

STAGES = ("dev", "staging", "prod")
stages = st.sampled_from(STAGES)
numbers = st.integers(0, 2)
checks = st.lists(st.sampled_from(["one", "two", "other/three"]), min_size=1, unique=True).map(tuple)
values = st.sampled_from(["1", "1", "2"])
reuses = st.sampled_from([0, 60, 3600])
least = st.lists(st.sampled_from(["thing/one", "thing/two"]), unique=True).map(tuple)
gates = st.lists(st.sampled_from(GATES), min_size=1, max_size=2, unique=True).map(tuple)
person = st.sampled_from(["operator@desk", "anna", "bob"])
people = st.sampled_from([("anna",), ("anna", "bob"), ("anna", "operator@desk")])
asked = st.sampled_from([
    ApprovalRule(1), ApprovalRule(2, within_s=60), ApprovalRule(1, by=("anna",), verified=True),
])  # fmt: skip
answers = st.sampled_from(["failed", "skipped", "crash"])
waits = st.sampled_from([0.0, 3.0, 30.0])
# The operator is who gives the orders; nobody is called other.
overriders = st.sampled_from([(), ("operator@desk",), ("operator@desk", "other"), ("other",)])
for_how_long = st.none() | st.sampled_from([10.0, 100.0])
stops = st.builds(Stop, events=st.none() | st.integers(1, 9)) | st.builds(Stop, call=st.integers(0, 30))


# All or most is done in one leg, and then the rest.
in_legs = st.builds(
    lambda first, gate, gates, asks, irreversible: Legging(
        (
            Leg("one", first, (gate,), asks_policy=asks[0]),
            Leg("two", tuple(sorted({"a", "b"} - set(first))), gates, asks_policy=asks[1]),
        ),
        irreversible,
    ),
    st.sampled_from([("a",), ("b",), (), ("a", "b")]),
    st.sampled_from(["smoke", "smoke", "failover"]),
    st.sampled_from([(), ("smoke",), ("failover",)]),
    st.sampled_from([(False, True), (True, True), (True, False), (False, False)]),
    st.sampled_from([(), ("a",), ("b",)]),
)
leggings = st.just(WITHOUT_LEGS) | in_legs


@st.composite
def any_graph(draw: st.DrawFn) -> StageGraph:
    """Any of the stages in any order, each with any gates, first or after the one before."""
    names = draw(st.lists(stages, min_size=1, unique=True))
    specs: list[StageSpec] = []
    for name in names:
        before = specs[-1].name if specs and draw(st.booleans()) else None
        specs.append(StageSpec(name, before, draw(gates), lab=draw(st.booleans())))
    return StageGraph(tuple(specs))


@st.composite
def any_line(draw: st.DrawFn) -> Line:
    """Any of the stages in any order, each after any of the earlier ones, with any checks and any soak."""
    names = draw(st.lists(stages, min_size=1, unique=True))
    rules: list[LineStage] = []
    for place, name in enumerate(names):
        after = tuple(before for before in names[:place] if draw(st.booleans()))
        required = tuple(LineGate(gate, draw(least), draw(reuses)) for gate in draw(gates))
        rules.append(
            LineStage(
                name,
                after,
                required,
                lab=draw(st.booleans()),
                soak_s=draw(st.sampled_from([0, 0, 60])) if after else 0,
                after_any=bool(after) and draw(st.booleans()),
                overriders=draw(overriders),
                overriders_verified=draw(st.sampled_from([False, False, True])),
            )
        )
    return Line(tuple(rules))


graphs = st.just(GRAPH) | any_graph()


@dataclass(frozen=True)
class Approving:
    """What a stage asks for, who approves, and whether somebody vouches for them; who promotes, and whether
    late; what the stage asks for by then.
    """

    asked: ApprovalRule
    names: tuple[str, ...]
    proved: bool
    requester: str
    late: bool
    then: ApprovalRule


approvings = st.builds(Approving, asked, people, st.booleans(), person, st.booleans(), asked)


@dataclass(frozen=True)
class Journey:
    """The legs of a release; what somebody does at which call of its promotion; what the last smoke says; and
    whether holds are lifted then, so that it can go on, or it is abandoned.
    """

    legging: Legging
    meanwhile: str
    call: int
    answer: str
    lifted: bool


journeys = st.builds(
    Journey,
    in_legs,
    st.sampled_from(["hold", "reject", "promote", "nothing"]),
    st.integers(1, 40),
    st.sampled_from(["passed", "passed", "failed", "crash"]),
    st.booleans(),
)
