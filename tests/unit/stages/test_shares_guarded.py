"""No share, loan or drain leaves a service without a server: what the program refuses before it acts."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from haproxy_stand_in import MAP, ONE, OTHER, Haproxy, running
from stage_sample import OPENSTACK, blueprint, with_planes

from stages.design.blueprint import Blueprint, Colour
from stages.roles.loadbalancer import role, servers

GREEN = ("identity-green/identity-green-1", "identity-green/identity-green-2")


@pytest.fixture
def haproxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Haproxy]:
    """One that has both colours, of which blue answers."""
    place = tmp_path / "admin.sock"
    monkeypatch.setattr(servers, "SOCKET", str(place))
    monkeypatch.setattr(servers, "AGAIN_AFTER", 0.01)
    with running(place) as server:
        server.status |= dict.fromkeys(GREEN, "UP")
        server.sessions |= dict.fromkeys(GREEN, 0)
        server.shares = {"identity": "0"}
        yield server


def shared_as(folder: Path, text: str) -> str:
    file = folder / "green-shares.map"
    file.write_text(text)
    return str(file)


@pytest.mark.parametrize(
    ("least", "status", "refused"), [(100, "DOWN", True), (50, "DOWN", False), (51, "MAINT", True)]
)
def test_a_colour_gets_more_requests_only_with_its_part_of_servers_up(
    haproxy: Haproxy, tmp_path: Path, least: float, status: str, *, refused: bool
) -> None:
    haproxy.status[GREEN[0]], file = status, shared_as(tmp_path, "identity 100\n")
    if not refused:
        servers.share(file, 20, f"green={least}")
        assert haproxy.shares == {"identity": "100"}
        return
    with pytest.raises(SystemExit, match="only 1 of 2 servers of identity-green is up, and 2 must be"):
        servers.share(file, 20, f"green={least}")
    assert haproxy.told == []


def test_a_colour_that_gets_fewer_requests_needs_one_server(haproxy: Haproxy) -> None:
    haproxy.status[ONE] = "DOWN"
    servers.lend(MAP, 20, "green=100", {"identity": 10})
    haproxy.status[OTHER] = "DOWN"
    with pytest.raises(SystemExit, match="no server of identity is up"):
        servers.lend(MAP, 20, "green=100", {"identity": 10})


@pytest.mark.parametrize(("newer", "refused"), [("green", False), ("blue", True)])
def test_the_older_colour_needs_one_server_to_get_its_clients_back(
    haproxy: Haproxy, tmp_path: Path, newer: str, *, refused: bool
) -> None:
    haproxy.shares, haproxy.status[ONE] = {"identity": "100"}, "DOWN"
    file = shared_as(tmp_path, "identity 0\n")
    if refused:
        with pytest.raises(SystemExit, match="only 1 of 2 servers of identity is up, and 2 must be"):
            servers.share(file, 20, f"{newer}=100")
        return
    servers.share(file, 20, f"{newer}=100")
    assert haproxy.shares == {"identity": "0"}


def test_what_is_lent_has_an_end_and_is_no_share(haproxy: Haproxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers.time, "time", lambda: 1000.5)
    servers.lend(MAP, 20, "green=100", {"identity": 10})
    assert haproxy.told == [f"add map {MAP} lent/identity 10", f"add map {MAP} lent-until 1021"]
    assert servers.current(MAP) == {"identity": 0}


def test_it_is_lent_for_longer_before_it_ends(haproxy: Haproxy, monkeypatch: pytest.MonkeyPatch) -> None:
    for now in (1000, 1005):
        monkeypatch.setattr(servers.time, "time", lambda now=now: now)
        servers.lend(MAP, 20, "green=100", {"identity": 10})
    assert haproxy.shares == {"identity": "0", "lent/identity": "10", "lent-until": "1025"}


def test_it_is_not_lent_to_a_colour_that_has_too_few_servers_by_now(haproxy: Haproxy) -> None:
    servers.lend(MAP, 20, "green=100", {"identity": 10})
    haproxy.status[GREEN[0]], haproxy.told = "DOWN", []
    with pytest.raises(SystemExit, match="only 1 of 2 servers of identity-green is up"):
        servers.lend(MAP, 20, "green=100", {"identity": 10})
    assert haproxy.told == []


def test_nothing_is_lent_of_a_service_that_has_one_colour(haproxy: Haproxy) -> None:
    with pytest.raises(SystemExit, match="HAProxy does not share requests to database"):
        servers.lend(MAP, 20, "green=100", {"identity": 10, "database": 10})
    assert haproxy.told == []


def test_what_is_taken_back_ends_first_and_then_goes(haproxy: Haproxy) -> None:
    servers.lend(MAP, 20, "green=100", {"identity": 10})
    haproxy.told = []
    servers.take_back(MAP)
    assert haproxy.told[0] == f"set map {MAP} lent-until 0"
    assert haproxy.shares == {"identity": "0"}
    servers.take_back(MAP)  # there is nothing left to take


def test_a_share_ends_what_is_lent(haproxy: Haproxy, tmp_path: Path) -> None:
    file = shared_as(tmp_path, "identity 100\n")
    servers.lend(file, 20, "green=100", {"identity": 10})
    servers.share(file, 20, "green=100")
    assert haproxy.shares == {"identity": "100"}


@pytest.mark.parametrize("status", ["DOWN", "MAINT", "DRAIN"])
def test_the_last_server_that_is_up_is_not_drained(haproxy: Haproxy, status: str) -> None:
    haproxy.shares, haproxy.status[ONE] = {}, status
    with pytest.raises(SystemExit, match="nothing was changed: no other server of identity is up"):
        servers.drain(MAP, 20, [OTHER])
    assert haproxy.told == []


def test_all_servers_of_a_service_go_at_once_with_it(haproxy: Haproxy) -> None:
    haproxy.shares = {}
    servers.drain(MAP, 20, [ONE, OTHER])
    assert haproxy.status[ONE] == haproxy.status[OTHER] == "MAINT"


def test_a_colour_that_answers_does_not_go_and_one_that_does_not_may(haproxy: Haproxy) -> None:
    with pytest.raises(SystemExit, match="no other server of identity is up"):
        servers.drain(MAP, 20, [ONE, OTHER])
    servers.drain(MAP, 20, list(GREEN))
    assert {haproxy.status[name] for name in GREEN} == {"MAINT"}


def test_a_drain_that_is_repeated_takes_nothing_away(haproxy: Haproxy) -> None:
    servers.drain(MAP, 20, [OTHER])
    haproxy.status[ONE] = "DOWN"
    servers.drain(MAP, 20, [OTHER])
    assert haproxy.status[OTHER] == "MAINT"


def stage(own: Colour) -> Blueprint:
    """Blue with one release and green with the next, for a release that is about one of them."""
    drawn = with_planes(blueprint("whole-prod"), {Colour.BLUE: OPENSTACK, Colour.GREEN: "2026.2"})
    (beside,) = [one for one in drawn.planes if one.colour not in {None, own}]
    planes = tuple(one for one in drawn.planes if one is not beside)
    return replace(drawn, colour=own, planes=planes, beside=beside)


@pytest.mark.parametrize(("own", "least"), [(Colour.GREEN, "green=100"), (Colour.BLUE, "blue=0")])
def test_an_upgrade_needs_the_config_s_part_and_the_way_back_one_server(own: Colour, least: str) -> None:
    drawn = stage(own)
    made = role.manifest(drawn, drawn.host("loadbalancer-1"))
    (file,) = [file for file in made.files if file.path == MAP]
    (command,) = [one.to_json()["run"] for one in made.commands if one.name.startswith("share ")]
    assert file.verify[-1] == command[-1] == least
