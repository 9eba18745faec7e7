"""A measurement that did not come about is taken again, once, and counted; a judgement is final."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from storied import END, back_until, stopped, story

from suites.errors import LeaseLost, NotMeasured, ReadingFailed
from suites.failover import drill as drill_module
from suites.failover.analysis.measures import Verdict
from suites.failover.drill import Drill, Recording, taken
from suites.failover.judging import Judged, judge
from suites.failover.stage import Rig
from suites.failover.story import Story
from suites.probes.spec import LOADS, Kind
from suites.seam.report import FaultCost, Retake
from suites.seam.target import Target

GREEN, RED = judge(story()), judge(story(gap=4.5))
UNMEASURED = judge(story(unwatched_s=3.0))
FOLDER = "traces/galera_writer_killed"
UNWATCHED = Retake("for 3.0 s no host told whether it holds the VIP", FOLDER)
DIED = NotMeasured("the probe ended with -9", where="sql", why="no output")


def taking(*came: Judged) -> tuple[Callable[[bool], Judged], list[bool]]:
    """What is taken comes to these, one after the other; and whether it was told to be the second time."""
    left, asked = list(came), []

    def take(repeated: bool) -> Judged:  # noqa: FBT001 - as it is called
        asked.append(repeated)
        return left.pop(0)

    return take, asked


@pytest.mark.parametrize(
    "came", [(GREEN,), (RED,), (judge(story(gap=1.0)),), (UNMEASURED, GREEN), (UNMEASURED, RED)]
)
def test_only_a_failed_measurement_is_repeated_and_then_judged(came: tuple[Judged, ...]) -> None:
    take, asked = taking(*came)
    retakes: list[Retake] = []
    assert taken(take, retakes.append, FOLDER) is came[-1]
    assert retakes == [UNWATCHED] * (len(came) - 1)
    assert asked == [False, True][: len(came)]


def test_a_measurement_that_fails_twice_is_inconclusive_with_both_reasons() -> None:
    take, asked = taking(UNMEASURED, judge(story(gap=4.5, stalled_s=1.0)))
    retakes: list[Retake] = []
    came = taken(take, retakes.append, FOLDER)
    assert came.verdict is Verdict.INCONCLUSIVE
    assert "this machine itself or its disk stood still for 1.00 s" in came.seen
    assert "and the first time: for 3.0 s no host told" in came.seen
    assert (retakes, asked) == ([UNWATCHED], [False, True])


@pytest.fixture
def drill(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[list[Any]], Drill]:
    """A drill whose faults come to these stories, or errors, one after the other."""

    class Probing:
        def left(self) -> tuple[str, ...]:
            return ()

    @contextmanager
    def probing(*_: object) -> Iterator[Probing]:
        yield Probing()

    def made(stories: list[Any]) -> Drill:
        class Act:
            def __init__(self, *arguments: object) -> None:
                self.repeated = arguments[-1]

            def play(self) -> Story:
                came = stories.pop(0)
                if isinstance(came, Exception):
                    raise came
                return replace(came, repeated=bool(self.repeated))

        monkeypatch.setattr(drill_module, "Act", Act)
        monkeypatch.setattr(Drill, "_probing", probing)
        nobody: Any = None
        said: list[str] = []
        rig = Rig(nobody, nobody, nobody, nobody, nobody, nobody, 7, lambda what, _: said.append(what))
        return Drill(rig, tmp_path, "p")

    return made


def played(drill: Drill, retakes: list[Retake], costs: list[FaultCost] | None = None) -> Judged:
    component: Any = type("Component", (), {"name": "galera"})
    cost = [] if costs is None else costs
    return drill.run(component, story().fault_case, Recording(retakes.append, cost.append))


def measured(into: Path, name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((into / "traces" / name / "measures.json").read_text())
    return document


def test_a_probe_that_stood_still_costs_a_retake_and_no_red(
    drill: Callable[[list[Any]], Drill], tmp_path: Path
) -> None:
    still = story(traces=(stopped(back_until(END), 106.5, 109.5),))
    making = drill([still, story()])
    retakes: list[Retake] = []
    costs: list[FaultCost] = []
    assert played(making, retakes, costs).verdict is Verdict.PASSED
    assert [(cost.verdict, cost.retaken) for cost in costs] == [("inconclusive", True), ("passed", False)]
    assert [retake.evidence for retake in retakes] == [FOLDER]
    assert "of the requests that were due" in retakes[0].why
    first, second = (measured(tmp_path, f"galera_writer_killed{end}") for end in ("", "_again"))
    assert (first["verdict"], first["retaken"], first["fault"]) == ("inconclusive", True, second["fault"])
    assert (second["verdict"], second["retaken"]) == ("passed", False)
    assert asdict(costs[0]).items() <= first.items()
    assert asdict(costs[1]).items() <= second.items()
    assert len(making.pictures) == 2


def test_a_probe_that_died_costs_a_retake_too_and_both_are_told(
    drill: Callable[[list[Any]], Drill], tmp_path: Path
) -> None:
    making = drill([DIED, DIED])
    came = played(making, [])
    assert came.verdict is Verdict.INCONCLUSIVE
    assert came.seen.count("the probe ended with -9") == 2
    flags = [measured(tmp_path, f"galera_writer_killed{end}")["retaken"] for end in ("", "_again")]
    assert flags == [True, False]
    assert [broken.verdict for broken in making.broken] == [Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE]


def test_a_fault_that_breaks_is_not_made_again(drill: Callable[[list[Any]], Drill], tmp_path: Path) -> None:
    costs: list[FaultCost] = []
    with pytest.raises(ReadingFailed):
        played(drill([ReadingFailed("could not kill it"), story()]), [], costs)
    assert [(cost.verdict, cost.longest_gap_s) for cost in costs] == [("failed", None)]
    assert measured(tmp_path, "galera_writer_killed")["verdict"] == "failed"


def test_a_retake_that_breaks_is_counted_all_the_same(drill: Callable[[list[Any]], Drill]) -> None:
    retakes: list[Retake] = []
    with pytest.raises(ReadingFailed):
        played(drill([DIED, ReadingFailed("could not kill it")]), retakes)
    assert [retake.why for retake in retakes] == ["sql: the probe ended with -9: no output"]


def test_without_the_lease_a_drill_is_inconclusive_at_once(drill: Callable[[list[Any]], Drill]) -> None:
    costs: list[FaultCost] = []
    retakes: list[Retake] = []
    making = drill([LeaseLost("the lease was taken over by another run", where="staging"), story()])
    came = played(making, retakes, costs)
    assert (came.verdict, came.seen) == (
        Verdict.INCONCLUSIVE,
        "staging: the lease was taken over by another run",
    )
    assert (retakes, [(cost.verdict, cost.retaken) for cost in costs]) == ([], [("inconclusive", False)])
    assert [broken.verdict for broken in making.broken] == [Verdict.INCONCLUSIVE]


def test_without_the_lease_a_drill_undoes_what_is_left_and_measures_nothing(
    target: Target, tmp_path: Path
) -> None:
    done: list[str] = []

    class Injector:
        def heal_all(self) -> tuple[str, ...]:
            done.append("undone")
            return ()

        def require_ours(self) -> None:
            done.append("looked")
            raise LeaseLost("the lease was taken over by another run", where="staging")

    host = replace(target.hosts[0], components=tuple(LOADS[kind].component for kind in Kind))
    stage: Any = SimpleNamespace(target=replace(target, hosts=(host,)))
    nobody: Any = None
    injector: Any = Injector()
    rig = Rig(stage, nobody, nobody, nobody, nobody, injector, 7, lambda *_: None)
    came = played(Drill(rig, tmp_path, "p"), [])
    assert came.verdict is Verdict.INCONCLUSIVE
    assert done == ["undone", "looked"]
