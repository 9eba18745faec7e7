"""What HAProxy itself makes of its configuration: a loan and its end, a canary with traffic, and writes."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from haproxy_running import Running, running

from stages.errors import CanaryWorse
from stages.planning.actions import TryColour
from stages.requests import canary, changing, counting
from stages.requests.context import Context
from stages.roles.loadbalancer import counters, role, servers
from stages.roles.loadbalancer.counted import Counters, between

pytestmark = pytest.mark.skipif(shutil.which("haproxy") is None, reason="there is no haproxy here")
LIMITS = {"share": 50, "seconds": 3.0, "requests": 10, "errors": 10.0, "slower": 2.0}
ACTION = TryColour(("loadbalancer-1",), ("identity",), LIMITS)


@pytest.fixture
def haproxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with running(tmp_path) as one:
        monkeypatch.setattr(servers, "SOCKET", one.admin)
        monkeypatch.setattr(counters, "SOCKET", one.admin)
        yield one


def look() -> Counters:
    return counters.counters(counters.ask("show stat"))


def test_what_is_lent_comes_back_by_itself(haproxy: Running) -> None:
    assert haproxy.asked(30) == {"blue": 30}
    servers.lend(haproxy.shares, 2, "green=100", {"identity": 50})
    lent = haproxy.asked(60)
    assert lent["blue"] > 10
    assert lent["green"] > 10
    sleep(3)  # it is lent until a whole second
    assert haproxy.asked(30) == {"blue": 30}


def test_all_may_be_lent_and_is_taken_back_at_once(haproxy: Running) -> None:
    before = look()
    servers.lend(haproxy.shares, 20, "green=100", {"identity": 100})
    assert haproxy.asked(20) == {"green": 20}
    servers.take_back(haproxy.shares)
    assert haproxy.asked(30) == {"blue": 30}
    assert servers.entries(haproxy.shares) == servers.declared(haproxy.shares)
    after = look()
    assert between(before, after, "identity-green").requests == 20
    assert between(before, after, "identity").requests == 30


def test_a_write_that_a_server_has_begun_is_begun_nowhere_again_and_a_question_is(haproxy: Running) -> None:
    haproxy.blue.hangs_up = True
    assert haproxy.asked(1, "POST") == {"502": 1}
    assert haproxy.blue.begun["POST"] == 1
    haproxy.asked(1, "GET")
    assert haproxy.blue.begun["GET"] == 1 + 3  # `retries`


@pytest.fixture
def upgrade(context: Context, haproxy: Running, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A request about this HAProxy, which is told here what its host would be."""

    def run(_context: Context, _host: str, commands: Sequence[dict[str, Any]]) -> dict[str, Any]:
        for command in commands:
            words = [haproxy.shares if word == role.SHARES else word for word in command["run"][5:]]
            assert servers.divide(words)
        return {}

    monkeypatch.setattr(changing, "run", run)
    monkeypatch.setattr(counting, "look", lambda *_: look())
    monkeypatch.setattr(canary, "LOOK_EVERY", 0.5)
    return replace(context, draft=replace(context.draft, blueprint=haproxy.drawn))


def test_a_colour_that_answers_as_well_passes_and_gives_back_what_it_was_lent(
    upgrade: Context, haproxy: Running
) -> None:
    with haproxy.traffic():
        done = canary.run(upgrade, ACTION, lambda *_: None)
    assert done["measured"]["identity green requests"] >= LIMITS["requests"]
    assert "not judged" not in done["told"][0]
    assert haproxy.asked(30) == {"blue": 30}


def test_a_colour_that_fails_is_noticed_before_the_time_is_over_and_gets_nothing_more(
    upgrade: Context, haproxy: Running
) -> None:
    haproxy.green.status, began = 503, monotonic()
    with haproxy.traffic(), pytest.raises(CanaryWorse, match="green answers worse than blue") as caught:
        canary.run(upgrade, ACTION, lambda *_: None)
    assert "answers are 5xx, of the other's 0 of " in caught.value.why
    assert monotonic() - began < LIMITS["seconds"]
    assert haproxy.asked(30) == {"blue": 30}


def test_a_colour_that_is_right_but_slow_is_noticed_at_the_end(upgrade: Context, haproxy: Running) -> None:
    haproxy.green.takes, longer = 0.15, replace(ACTION, canary={**LIMITS, "seconds": 6.0})
    with haproxy.traffic(), haproxy.traffic(), pytest.raises(CanaryWorse) as caught:
        canary.run(upgrade, longer, lambda *_: None)
    assert "ms to an answer, the other's " in caught.value.why
    assert haproxy.asked(30) == {"blue": 30}
