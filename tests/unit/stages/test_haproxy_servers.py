"""Servers of an HAProxy are drained, taken out and put in again, over a real socket here."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from haproxy_stand_in import MAP, ONE, OTHER, Haproxy, running
from stage_sample import blueprint, manifest

from stages.roles.loadbalancer import role, servers


@pytest.fixture
def haproxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Haproxy]:
    place = tmp_path / "admin.sock"
    monkeypatch.setattr(servers, "SOCKET", str(place))
    monkeypatch.setattr(servers, "AGAIN_AFTER", 0.01)
    with running(place) as server:
        yield server


def test_a_server_answers_what_it_got_and_is_then_taken_out(haproxy: Haproxy) -> None:
    haproxy.sessions[OTHER] = 3
    servers.drain(MAP, 20, [OTHER])
    assert haproxy.told == [f"set server {OTHER} state {state}" for state in ("drain", "maint")]
    assert haproxy.sessions[OTHER] == 0


def test_what_is_not_answered_in_time_is_closed_and_it_says_so(
    haproxy: Haproxy, capsys: pytest.CaptureFixture[str]
) -> None:
    haproxy.sessions[OTHER] = 9999
    servers.drain(MAP, 0.05, [OTHER])
    assert haproxy.told[-1] == f"shutdown sessions server {OTHER}"
    assert f"{OTHER} still had " in capsys.readouterr().out


def test_a_server_that_is_not_there_gets_nothing_anyhow(haproxy: Haproxy) -> None:
    servers.drain(MAP, 20, ["identity/identity-blue-3"])
    assert haproxy.told == []


def test_an_order_that_is_refused_is_an_error(haproxy: Haproxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(haproxy, "answer", lambda _: "Permission denied\n")
    with pytest.raises(SystemExit, match="HAProxy refused «set server x/y state drain»: Permission denied"):
        servers.order("set server x/y state drain")


@pytest.mark.parametrize(
    ("status", "out"), [("UP", []), ("DOWN", []), ("MAINT", [ONE]), ("DRAIN 1/2", [ONE])]
)
def test_only_what_somebody_took_out_is_put_in_again(
    haproxy: Haproxy, monkeypatch: pytest.MonkeyPatch, status: str, out: list[str]
) -> None:
    haproxy.status[ONE] = status
    monkeypatch.setattr("sys.argv", ["haproxy-servers", "all-in"])
    with pytest.raises(SystemExit) as ended:
        servers.main()
    assert ended.value.code == int(bool(out))
    monkeypatch.setattr("sys.argv", ["haproxy-servers", "back-in"])
    servers.main()
    assert haproxy.told == [f"set server {name} state ready" for name in out]


def test_the_drain_brings_its_program_along_and_waits_for_the_slowest_answer() -> None:
    drawn = blueprint()
    drain = role.drain(drawn, {"identity": ("identity-blue-2",)})
    *start, program, verb, file, within, name = drain.run
    assert start == ["python3", "-I", "-S", "-c"]
    assert program == Path(servers.__file__).read_text()
    assert (verb, file, within, name) == ("drain", MAP, "60", OTHER)
    assert drain.within > drawn.settings["loadbalancer"].server_timeout


def test_a_load_balancers_manifest_puts_all_servers_in() -> None:
    (command,) = [
        item for item in manifest("prod", "loadbalancer-1").commands if item.name == "use all servers"
    ]
    assert command.to_json()["unless"] == [role.SERVERS, "all-in"]


def test_a_server_that_is_to_come_back_is_down_before_it_is_no_longer_out(
    haproxy: Haproxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    haproxy.status[OTHER] = "MAINT"
    monkeypatch.setattr("sys.argv", ["haproxy-servers", "expect", OTHER, "identity/identity-blue-3"])
    servers.main()
    assert haproxy.told == [
        f"set server {OTHER} {word}" for word in ("state drain", "health down", "state ready")
    ]


GREEN = "identity-green/identity-green-1"


@pytest.fixture
def two(haproxy: Haproxy) -> Haproxy:
    """A HAProxy that has both colours, of which blue answers."""
    haproxy.status[GREEN], haproxy.sessions[GREEN] = "UP", 0
    haproxy.shares = {"identity": "0"}
    return haproxy


def shared_as(folder: Path, text: str) -> str:
    file = folder / "green-shares.map"
    file.write_text(text)
    return str(file)


def test_a_colour_takes_over_and_the_other_answers_what_it_got(two: Haproxy, tmp_path: Path) -> None:
    two.sessions[ONE], file = 3, shared_as(tmp_path, "identity 100\n")
    servers.share(file, 20, "green=100")
    assert two.told == [f"set map {file} identity 100"]
    assert two.sessions[ONE] == 0
    assert servers.current(file) == servers.declared(file)


def test_a_service_that_is_new_gets_its_share_and_what_has_it_is_not_touched(
    two: Haproxy, tmp_path: Path
) -> None:
    two.status["image/image-blue-1"], two.sessions["image/image-blue-1"] = "UP", 0
    file = shared_as(tmp_path, "identity 0\nimage 0\n")
    servers.share(file, 20, "green=100")
    assert two.told == [f"add map {file} image 0"]


@pytest.mark.parametrize(("share", "status"), [(100, "DOWN"), (10, "MAINT"), (100, "DRAIN")])
def test_no_service_is_given_to_a_colour_that_has_no_server_up(
    two: Haproxy, tmp_path: Path, share: int, status: str
) -> None:
    two.status[GREEN] = status
    with pytest.raises(SystemExit, match="nothing was changed: no server of identity-green is up"):
        servers.share(shared_as(tmp_path, f"identity {share}\n"), 20, "green=100")
    assert two.told == []


def test_nor_is_one_of_several_if_another_of_them_has_none(two: Haproxy, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no server of image-green is up"):
        servers.share(shared_as(tmp_path, "identity 100\nimage 100\n"), 20, "green=100")
    assert two.told == []


def test_both_that_get_requests_must_have_a_server(two: Haproxy, tmp_path: Path) -> None:
    two.status |= {ONE: "DOWN", OTHER: "DOWN"}
    with pytest.raises(SystemExit, match="no server of identity is up"):
        servers.share(shared_as(tmp_path, "identity 10\n"), 20, "green=100")
    servers.share(shared_as(tmp_path, "identity 100\n"), 20, "green=100")


def test_one_that_is_not_done_in_time_is_named_and_keeps_its_sessions(
    two: Haproxy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two.sessions[ONE] = 9999
    servers.share(shared_as(tmp_path, "identity 100\n"), 0.05, "green=100")
    assert f"{ONE} still has " in capsys.readouterr().out
    assert not [said for said in two.told if "shutdown" in said]


def test_the_manifest_s_command_knows_whether_it_is_done(
    two: Haproxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert two.shares == {"identity": "0"}
    for share, code in (("0", 0), ("100", 1)):
        argv = ["haproxy-servers", "shared", shared_as(tmp_path, f"identity {share}\n")]
        monkeypatch.setattr(servers.sys, "argv", argv)
        with pytest.raises(SystemExit) as ended:
            servers.main()
        assert ended.value.code == code


def told(monkeypatch: pytest.MonkeyPatch, *words: str) -> object:
    """What the program ends with."""
    monkeypatch.setattr(servers.sys, "argv", ["haproxy-servers", *words])
    try:
        servers.main()
    except SystemExit as ended:
        return ended.code
    return 0


@pytest.mark.parametrize(("status", "refused"), [("UP", False), ("DOWN", True)])
def test_a_file_that_could_not_be_followed_is_refused_before_it_is_there(
    two: Haproxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str, *, refused: bool
) -> None:
    two.status[GREEN] = status
    said = told(monkeypatch, "may-share", MAP, shared_as(tmp_path, "identity 100\n"), "green=100")
    assert (said != 0) is refused
    assert two.told == []


def test_any_file_will_do_where_haproxy_has_no_such_map_or_does_not_run(
    two: Haproxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.status[GREEN], two.shares = "DOWN", {}
    asked = ("may-share", MAP, shared_as(tmp_path, "identity 100\n"), "green=100")
    assert told(monkeypatch, *asked) == 0
    monkeypatch.setattr(servers, "SOCKET", str(tmp_path / "none"))
    assert told(monkeypatch, *asked) == 0
    left = tmp_path / "left"  # as by one that was killed: nobody listens there any more
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(left))
    monkeypatch.setattr(servers, "SOCKET", str(left))
    assert told(monkeypatch, *asked) == 0


def test_one_that_knows_a_single_colour_says_by_its_pools_which_one_answers(
    haproxy: Haproxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(monkeypatch, "shares", str(tmp_path / "shares")) == 0
    assert capsys.readouterr().out == "identity 0\n"
    haproxy.status = {"database/database-1": "UP", "identity-green/identity-green-1": "DOWN"}
    haproxy.sessions = dict.fromkeys(haproxy.status, 0)
    assert told(monkeypatch, "shares", str(tmp_path / "shares")) == 0
    assert capsys.readouterr().out == "database 0\nidentity 100\n"


def test_what_is_lent_is_told_beside_the_shares_with_its_end_and_the_time(
    two: Haproxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(servers.time, "time", lambda: 1000.4)
    two.shares |= {"lent/identity": "10", "lent-until": "1012"}
    assert told(monkeypatch, "shares", str(tmp_path / "shares")) == 0
    assert capsys.readouterr().out == "identity 0\nlent/identity 10\nlent-until 1012\nlent-now 1000\n"


def test_it_prints_what_haproxy_does_and_not_what_a_file_says(
    two: Haproxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(monkeypatch, "shares", shared_as(tmp_path, "identity 100\n")) == 0
    assert capsys.readouterr().out == "identity 0\n"
    assert two.told == []
