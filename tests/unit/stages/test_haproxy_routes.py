"""Whom HAProxy has answer hosts, previews and clients while two colours stand, and what it tells them."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from haproxy_running import Running, running

from stages.design.blueprint import Colour, Tier, pool
from stages.openstack.forming import ready
from stages.roles.identity.role import SOFTWARE
from stages.roles.loadbalancer import servers
from suites.components.haproxy import neighbours
from suites.neighbours.crossing import Said
from suites.seam.report import Outcome

pytestmark = pytest.mark.skipif(shutil.which("haproxy") is None, reason="there is no haproxy here")
BLUE, GREEN = Colour.BLUE, Colour.GREEN
OTHER = {BLUE: GREEN, GREEN: BLUE}


@pytest.fixture
def haproxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    with running(tmp_path) as one:
        monkeypatch.setattr(servers, "SOCKET", one.admin)
        yield one


def serve(haproxy: Running, colour: Colour) -> None:
    servers.put(haproxy.shares, {"identity": 0}, "identity", 100 if colour is GREEN else 0)


def lose(haproxy: Running, colour: Colour) -> None:
    """The colour's one server is down from now on, by its checks."""
    (haproxy.green if colour is GREEN else haproxy.blue).ill = True
    until_up(colour, up=False)


def until_up(colour: Colour, *, up: bool) -> None:
    name, end = f"{pool('identity', colour)}/identity-{colour.value}-1", time.monotonic() + 15
    while servers.is_up(servers.servers()[name][0]) is not up:
        assert time.monotonic() < end, f"{name} is {servers.servers()[name]}"
        time.sleep(0.05)


def test_the_neighbours_gate_sees_that_a_pool_was_empty_meanwhile(haproxy: Running) -> None:
    began = time.monotonic()

    def look() -> Said:
        since = time.monotonic() - began
        seen = {"loadbalancer-1": neighbours.parse(servers.ask("show info;show stat"))}
        return neighbours.stayed_up(seen, ("identity-green",), since)

    time.sleep(1)
    assert look().outcome is Outcome.PASSED
    lose(haproxy, GREEN)
    assert look().seen == "loadbalancer-1: identity-green is DOWN"
    time.sleep(2)
    haproxy.green.ill = False
    until_up(GREEN, up=True)
    assert "is UP for " in look().seen


@pytest.mark.parametrize("serves", Colour)
@pytest.mark.parametrize("colour", Colour)
def test_a_host_is_answered_by_its_own_colour_whichever_serves(
    haproxy: Running, colour: Colour, serves: Colour
) -> None:
    serve(haproxy, serves)
    assert haproxy.asked(10, source=haproxy.host(colour)) == {colour.value: 10}
    assert haproxy.asked(10, source=haproxy.drawn.previews[colour]) == {colour.value: 10}
    assert haproxy.asked(10) == {serves.value: 10}


@pytest.mark.parametrize("colour", Colour)
def test_a_host_whose_colour_has_no_server_up_is_answered_as_clients_are_and_its_preview_is_not(
    haproxy: Running, colour: Colour
) -> None:
    serve(haproxy, OTHER[colour])
    lose(haproxy, colour)
    assert haproxy.asked(10, source=haproxy.host(colour)) == {OTHER[colour].value: 10}
    assert haproxy.asked(3, source=haproxy.drawn.previews[colour]) == {"503": 3}
    assert haproxy.asked(10) == {OTHER[colour].value: 10}
    assert haproxy.asked(5, source=haproxy.host(OTHER[colour])) == {OTHER[colour].value: 5}


def test_a_host_comes_home_as_soon_as_a_server_of_its_colour_is_up(haproxy: Running) -> None:
    lose(haproxy, GREEN)
    assert haproxy.asked(3, source=haproxy.host(GREEN)) == {"blue": 3}
    haproxy.green.ill = False
    until_up(GREEN, up=True)
    assert haproxy.asked(10, source=haproxy.host(GREEN)) == {"green": 10}


def test_a_colour_whose_servers_are_drained_before_they_go_sends_its_hosts_where_clients_go(
    haproxy: Running,
) -> None:
    serve(haproxy, GREEN)
    servers.drain(haproxy.shares, 5, ["identity/identity-blue-1"])
    assert haproxy.asked(10, source=haproxy.host(BLUE)) == {"green": 10}
    assert haproxy.asked(2, source=haproxy.drawn.previews[BLUE]) == {"503": 2}


def test_no_answer_is_made_up_for_a_host_where_the_colour_that_serves_is_down(haproxy: Running) -> None:
    serve(haproxy, GREEN)
    lose(haproxy, GREEN)
    assert haproxy.asked(3, source=haproxy.host(GREEN)) == {"503": 3}
    assert haproxy.asked(3) == {"503": 3}
    assert haproxy.asked(3, source=haproxy.host(BLUE)) == {"blue": 3}


def test_a_lent_part_goes_to_clients_and_to_no_host_whose_colour_is_up(haproxy: Running) -> None:
    servers.lend(haproxy.shares, 20, "green=100", {"identity": 50})
    shared = haproxy.asked(60)
    assert shared["blue"] > 10
    assert shared["green"] > 10
    for colour in Colour:
        assert haproxy.asked(20, source=haproxy.host(colour)) == {colour.value: 20}


def test_hosts_and_previews_are_told_which_pool_answered_and_clients_are_not(haproxy: Running) -> None:
    inside = {BLUE: haproxy.host(BLUE), GREEN: haproxy.host(GREEN)}
    for colour in Colour:
        for source in (inside[colour], haproxy.drawn.previews[colour]):
            assert haproxy.answer(source=source) == (colour.value, 200, pool("identity", colour))
    assert haproxy.answer() == ("blue", 200, None)
    lose(haproxy, GREEN)
    assert haproxy.answer(source=inside[GREEN]) == ("blue", 200, "identity")


def test_a_colour_is_ready_when_it_answers_its_own_host_and_not_when_the_other_does(
    haproxy: Running, tmp_path: Path
) -> None:
    drawn = haproxy.drawn
    (own,) = [one for one in drawn.planes if one.tier is Tier.COLOURED]
    (wait,) = ready(drawn, own, "identity", SOFTWARE).commands
    Path(tmp_path, ".curlrc").write_text(f"interface = {haproxy.host(GREEN)}\n")

    def asked() -> subprocess.CompletedProcess[str]:
        env = {"CURL_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
        return subprocess.run(wait.until, env=env, capture_output=True, text=True, check=False)

    assert asked().returncode == 0
    lose(haproxy, GREEN)
    done = asked()
    assert done.returncode == 1
    assert "/healthcheck is answered by identity, not by identity-green" in done.stderr
    haproxy.blue.ill = True
    until_up(BLUE, up=False)
    done = asked()
    assert done.returncode != 0
    assert "503" in done.stderr
