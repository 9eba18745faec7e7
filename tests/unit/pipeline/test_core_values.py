"""Releases, stage graphs, leases, timelines."""

import pytest

from pipeline.core import events as ev
from pipeline.core.difference import Difference, differences
from pipeline.core.errors import UsageProblem
from pipeline.core.leases import Lease, Liveness, judge_liveness, why_free
from pipeline.core.plan import Plan, Step
from pipeline.core.release import Release, canonical_json, digest_of, find_release, release_id
from pipeline.core.stages import StageGraph, StageSpec
from pipeline.core.timeline import bars, critical_path
from pipeline.testing import make_pin
from pipeline.testing.deployer import GRAPH
from pipeline.testing.ledger import holder

R1 = Release("r1", make_pin("one"), GRAPH)
R2 = Release("r2", make_pin("two"), GRAPH)


def test_a_release_is_named_by_both_digests_and_nothing_else() -> None:
    assert release_id("a", "b") == digest_of({"config": "b", "code": "a"})
    assert release_id("a", "b") != release_id("b", "a")


def test_canonical_json_has_one_spelling() -> None:
    assert canonical_json({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"é"]}'
    with pytest.raises(TypeError, match="float"):
        canonical_json({"a": [0.1]})


def test_a_release_is_found_by_alias_id_or_the_beginning_of_one() -> None:
    for name in ("r2", R2.id, R2.id[:8]):
        assert find_release([R1, R2], name) is R2


@pytest.mark.parametrize("name", ["r9", "", R1.id[:3]])
def test_a_name_that_finds_nothing_says_so(name: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        find_release([R1, R2], name)
    assert caught.value.next == "promote releases"


@pytest.mark.parametrize(
    "stages",
    [
        (),
        (StageSpec("a", None, ("s",)), StageSpec("a", None, ("s",))),
        (StageSpec("a", "b", ("s",)), StageSpec("b", None, ("s",))),
        (StageSpec("a", None, ()),),
    ],
    ids=["empty", "twice", "after a later one", "no gate"],
)
def test_a_graph_that_cannot_work_says_why(stages: tuple[StageSpec, ...]) -> None:
    assert StageGraph(stages).problems()
    assert GRAPH.problems() == ()


LEASE = Lease("dev", 3, "x", holder(1), 100.0)


@pytest.mark.parametrize(
    ("lease", "now", "liveness", "why"),
    [
        (None, 0.0, Liveness.UNKNOWN, "free"),
        (LEASE, 99.0, Liveness.UNKNOWN, None),
        (LEASE, 99.0, Liveness.ALIVE, None),
        (LEASE, 99.0, Liveness.GONE, "holder gone"),
        (LEASE, 100.0, Liveness.ALIVE, "expired"),
    ],
)
def test_a_lease_is_free_when_nobody_can_still_act_under_it(
    lease: Lease | None, now: float, liveness: Liveness, why: str
) -> None:
    assert why_free(lease, now, liveness) == why


def test_only_on_the_same_boot_and_in_the_same_pid_namespace_a_death_can_be_proved() -> None:
    here = ev.Holder(5, 50, "boot", "pid:[1]", "m")
    assert judge_liveness(ev.Holder(7, 70, "boot", "pid:[1]", "m"), here, 70) is Liveness.ALIVE
    assert judge_liveness(ev.Holder(7, 70, "boot", "pid:[1]", "m"), here, None) is Liveness.GONE
    assert judge_liveness(ev.Holder(7, 70, "boot", "pid:[1]", "m"), here, 71) is Liveness.GONE
    assert judge_liveness(ev.Holder(7, 70, "other", "pid:[1]", "m"), here, None) is Liveness.UNKNOWN
    assert judge_liveness(ev.Holder(7, 70, "boot", "pid:[2]", "m"), here, None) is Liveness.UNKNOWN


def test_the_critical_path_follows_the_need_that_ended_last() -> None:
    steps = [
        Step("a", "", None, ""),
        Step("b", "", None, ""),
        Step("c", "", None, "", ("a", "b")),
        Step("d", "", None, ""),
    ]
    times = {"a": (0, 5), "b": (0, 9), "c": (9, 12), "d": (0, 11)}
    records = []
    for name, (begin, end) in times.items():
        records.append(ev.Record(0, begin, ev.StepStarted("p1", name, 1)))
        records.append(ev.Record(0, end, ev.StepSucceeded("p1", name)))
    records.append(ev.Record(0, 0, ev.StepStarted("p2", "z", 1)))

    work = bars(steps, records, "p1")

    assert [bar.name for bar in critical_path(work)] == ["b", "c"]
    assert {bar.name: bar.seconds for bar in work} == {"a": 5, "b": 9, "c": 3, "d": 11}
    assert critical_path(()) == ()


def test_what_a_step_measured_is_told_whatever_else_releases_write_in_receipts() -> None:
    receipts: list[dict[str, object]] = [
        {"measured": {"a": 1, "b": 2.5, "c": "?", "d": True}, "told": ["x", "y"]},
        {"measured": [1], "told": "x", "changes": []},
        {},
    ]
    records = []
    for number, receipt in enumerate(receipts):
        records.append(ev.Record(0, 0.0, ev.StepStarted("p1", str(number), 1)))
        records.append(ev.Record(0, 1.0, ev.StepSucceeded("p1", str(number), receipt)))
    first, *others = bars((), records, "p1")
    assert (first.measured, first.told) == ({"a": 1, "b": 2.5}, ("x", "y"))
    assert [(bar.measured, bar.told) for bar in others] == [({}, ()), ({}, ())]


def test_differences_name_what_was_added_removed_and_changed() -> None:
    assert differences({"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}) == (
        Difference("b", "1", "2"),
        Difference("c", "1", None),
        Difference("d", None, "1"),
    )


def test_what_the_longest_chain_waits_for_goes_first() -> None:
    plan = Plan((
        Step("short", "x", None, ""),
        Step("long", "x", None, ""),
        Step("then", "x", None, "", needs=("long",)),
        Step("last", "x", None, "", needs=("then", "short")),
        Step("alone", "x", None, ""),
    ))  # fmt: skip
    free = [step for step in plan.steps if not step.needs]
    assert [step.id for step in plan.most_urgent_first(free)] == ["long", "short", "alone"]
