"""A canary as a step: what load balancers are told, what it says meanwhile, and how it ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from stage_sample import OPENSTACK, with_planes

from stages.design.blueprint import Colour
from stages.errors import CanaryWorse, HostRefused, LeaseLost
from stages.planning.actions import TryColour
from stages.requests import canary, changing, counting
from stages.requests.context import Context
from stages.roles.loadbalancer.counted import Counters

BALANCERS = ("loadbalancer-1", "loadbalancer-2")
LIMITS = {"share": 10, "seconds": 12.0, "requests": 100, "errors": 1.0, "slower": 2.0}
ACTION = TryColour(BALANCERS, ("identity",), LIMITS)
QUIET: Mapping[str, int] = {"blue": 0, "green": 0}


@dataclass
class Stage:
    """Load balancers that count so many answers of each colour between two looks, and 5xx of green."""

    answers: Mapping[str, int]
    errors: int = 0
    wait: int = 20
    now: float = 0.0
    looks: int = 0
    told: list[tuple[str, list[str]]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    fails_at: Callable[[str, str], Exception | None] = lambda _host, _verb: None

    def look(self, _context: Context, balancer: str) -> Counters:
        """The first one has all the traffic."""
        self.looks += balancer == BALANCERS[0]
        times = self.looks - 1 if balancer == BALANCERS[0] else 0
        green, blue = times * self.answers["green"], times * self.answers["blue"]
        bad, slow = times * self.errors, self.wait if green else 0
        counted = {"req_tot": green, "hrsp_2xx": green - bad, "hrsp_5xx": bad, "rtime": slow}
        return {
            "identity": {"req_tot": blue, "hrsp_2xx": blue, "hrsp_5xx": 0, "rtime": 20 if blue else 0},
            **dict.fromkeys(("identity-green", "identity-green/identity-green-1"), counted),
        }

    def run(self, _context: Context, host: str, commands: list[dict[str, Any]]) -> dict[str, Any]:
        (command,) = commands
        words = command["run"][5:]
        if problem := self.fails_at(host, words[0]):
            raise problem
        self.told.append((host, words))
        return {}

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def say(self, message: str, host: str | None) -> None:
        self.said.append(f"{host}: {message}" if host else message)


@pytest.fixture
def upgrade(context: Context) -> Context:
    """A request about green, which is newer and stands beside blue."""
    drawn = context.draft.blueprint
    both = with_planes(drawn, {Colour.BLUE: OPENSTACK, Colour.GREEN: "2026.2"})
    (beside,) = [one for one in both.planes if one.colour is Colour.BLUE]
    planes = tuple(one for one in both.planes if one is not beside)
    green = replace(both, colour=Colour.GREEN, planes=planes, beside=beside, served={"identity": Colour.BLUE})
    return replace(context, draft=replace(context.draft, blueprint=green))


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[Stage], Stage]:
    """Puts a stage in the place of real hosts and clocks."""

    def put(stage: Stage) -> Stage:
        monkeypatch.setattr(counting, "look", stage.look)
        monkeypatch.setattr(changing, "run", stage.run)
        monkeypatch.setattr(canary.time, "monotonic", lambda: stage.now)
        monkeypatch.setattr(canary.time, "sleep", stage.sleep)
        return stage

    return put


def verbs(stage: Stage, host: str = BALANCERS[0]) -> list[str]:
    return [words[0] for name, words in stage.told if name == host]


def test_every_load_balancer_lends_the_parts_anew_at_each_look_and_takes_them_back(
    upgrade: Context, on: Callable[[Stage], Stage]
) -> None:
    stage = on(Stage({"blue": 300, "green": 40}))
    done = canary.run(upgrade, ACTION, stage.say)
    for host in BALANCERS:
        assert verbs(stage, host) == ["lend", "lend", "lend", "take-back"]
    _, words = stage.told[0]
    assert words == ["lend", "/etc/haproxy/green-shares.map", "20", "green=100", "identity=10"]
    assert canary.LENT >= 3 * canary.LOOK_EVERY
    assert stage.now == LIMITS["seconds"]
    assert done["measured"] == {
        "identity green requests": 120,
        "identity blue requests": 900,
        "identity green ms to an answer": 19.5,
        "identity blue ms to an answer": 19.5,
    }
    assert done["told"] == ["identity 0 of 120 answers 5xx, 20 ms, the other 0 of 900 answers 5xx, 20 ms"]
    assert stage.said[0].startswith("green after 5 of 12 s: identity 0 of 40 answers 5xx")


def test_too_few_requests_are_not_judged_and_it_says_so_and_passes(
    upgrade: Context, on: Callable[[Stage], Stage]
) -> None:
    stage = on(Stage({"blue": 30, "green": 3}, wait=900))
    (told,) = canary.run(upgrade, ACTION, stage.say)["told"]
    assert told.endswith(": not judged, that takes 100 requests")
    assert told in stage.said


def test_one_that_is_clearly_worse_ends_at_the_first_look_and_its_parts_are_back(
    upgrade: Context, on: Callable[[Stage], Stage]
) -> None:
    stage = on(Stage({"blue": 300, "green": 40}, errors=40))
    with pytest.raises(CanaryWorse, match="green answers worse than blue") as caught:
        canary.run(upgrade, ACTION, stage.say)
    assert caught.value.why == (
        "identity: 40 of 40 answers are 5xx, of the other's 0 of 300 (at most 1% more): "
        "identity-green-1 40 of 40 answers 5xx, 20 ms"
    )
    assert stage.now == canary.LOOK_EVERY
    for host in BALANCERS:
        assert verbs(stage, host) == ["lend", "take-back"]


def test_one_that_is_slow_fails_when_the_time_is_over(upgrade: Context, on: Callable[[Stage], Stage]) -> None:
    stage = on(Stage({"blue": 300, "green": 40}, wait=200))
    with pytest.raises(CanaryWorse) as caught:
        canary.run(upgrade, ACTION, stage.say)
    assert "200 ms to an answer, the other's 20 ms (at most 2 times that)" in caught.value.why
    assert stage.now == LIMITS["seconds"]
    assert verbs(stage)[-1] == "take-back"


def test_where_it_can_not_be_taken_back_it_ends_by_itself_and_the_reason_of_the_failure_stays(
    upgrade: Context, on: Callable[[Stage], Stage]
) -> None:
    def lost(host: str, verb: str) -> Exception | None:
        gone = host == BALANCERS[0] and (verb == "take-back" or stage.now)
        return HostRefused("can't be reached", where=host) if gone else None

    stage = on(Stage({"blue": 300, "green": 40}, fails_at=lost))
    with pytest.raises(HostRefused, match="can't be reached"):
        canary.run(upgrade, ACTION, stage.say)
    assert stage.said[-1].startswith("loadbalancer-1: its share ends by itself within 20 s: ")
    assert verbs(stage, BALANCERS[1])[-1] == "take-back"


def test_a_run_that_lost_its_lease_lends_no_more(upgrade: Context, on: Callable[[Stage], Stage]) -> None:
    def lost(_host: str, _verb: str) -> Exception | None:
        return LeaseLost("the stage is held by another run") if stage.now else None

    stage = on(Stage(QUIET, fails_at=lost))
    with pytest.raises(LeaseLost):
        canary.run(upgrade, ACTION, stage.say)
    assert verbs(stage) == ["lend"]


def test_blue_takes_its_part_from_what_green_answers(upgrade: Context, on: Callable[[Stage], Stage]) -> None:
    drawn = upgrade.draft.blueprint
    blue = replace(drawn, colour=Colour.BLUE)
    stage = on(Stage(QUIET))
    canary.run(replace(upgrade, draft=replace(upgrade.draft, blueprint=blue)), ACTION, stage.say)
    assert stage.told[0][1][-1] == "identity=90"
