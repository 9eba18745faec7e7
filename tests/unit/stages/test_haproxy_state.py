"""The states of servers that a reload of HAProxy hands on: what is new or has moved begins as down."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from stage_sample import blueprint, content

from stages.roles.loadbalancer import haproxy_state
from stages.roles.loadbalancer.haproxy_state import Place, carried, configured

# As HAProxy 2.6 prints them: the first is up, the second down.
HEADER = (
    "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
    "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state "
    "srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port "
    "srv_check_addr srv_agent_addr srv_agent_port"
)
ONE = "2 identity 1 identity-1 10.0.0.1 2 0 1 1 600 15 3 3 6 0 0 0 - 5000 - 0 5000 - - 5000"
TWO = "2 identity 2 identity-2 10.0.0.2 0 0 1 1 9 8 2 0 6 0 0 0 - 5000 - 0 5000 - - 5000"
STATES = f"1\n{HEADER}\n{ONE}\n{TWO}\n\n"
KEPT = {
    ("identity", "identity-1"): Place("10.0.0.1", "5000", "5000"),
    ("identity", "identity-2"): Place("10.0.0.2", "5000", "5000"),
}
OP_STATE, CHECK_STATE, PORT, CHECK_PORT = 5, 13, 18, 21


def rows(text: str) -> dict[str, list[str]]:
    version, header, *lines = text.splitlines()
    assert (version, header) == ("1", HEADER)
    found = [line.split(" ") for line in lines]
    assert all(len(row) == len(HEADER.split()) - 1 for row in found)
    return {row[3]: row for row in found}


def test_a_server_that_stays_where_it_is_keeps_its_state() -> None:
    assert carried(STATES, KEPT) == f"1\n{HEADER}\n{ONE}\n{TWO}\n"


def test_a_new_server_begins_as_down_and_is_checked() -> None:
    new = rows(carried(STATES, KEPT | {("identity", "identity-3"): Place("10.0.0.3", "5000", "5001")}))
    assert new["identity-1"] == ONE.split()
    assert new["identity-3"][1:5] == ["identity", "1", "identity-3", "10.0.0.3"]
    assert [new["identity-3"][n] for n in (OP_STATE, CHECK_STATE, PORT, CHECK_PORT)] == [
        "0",
        "6",
        "5000",
        "5001",
    ]


@pytest.mark.parametrize(
    "moved",
    [Place("10.0.0.9", "5000", "5000"), Place("10.0.0.1", "5009", "5000"), Place("10.0.0.1", "5000", "5009")],
    ids=["another address", "another port", "another port for checks"],
)
def test_a_server_that_has_moved_is_where_the_configuration_says_and_begins_as_down(moved: Place) -> None:
    found = rows(carried(STATES, KEPT | {("identity", "identity-1"): moved}))["identity-1"]
    assert Place(found[4], found[PORT], found[CHECK_PORT]) == moved
    assert found[OP_STATE] == "0"


def test_a_server_that_is_gone_has_no_state() -> None:
    assert set(rows(carried(STATES, {key: KEPT[key] for key in list(KEPT)[:1]}))) == {"identity-1"}


@pytest.mark.parametrize(
    "answer", ["", "\n", "2\n# x\n", f"1\n{HEADER}\n2 identity 1\n", "Unknown command\n"]
)
def test_an_answer_of_another_kind_is_not_handed_on(answer: str) -> None:
    with pytest.raises(ValueError, match=r"can't be parsed|unpack|zip"):
        carried(answer, KEPT)


def test_the_servers_of_the_rendered_configuration_are_all_of_it() -> None:
    found = configured(content("prod", "loadbalancer-1", "/etc/haproxy/haproxy.cfg"))
    wanted = {
        (service.name, host.name): Place(host.address, str(service.port), str(service.health_port))
        for name, role in blueprint().roles.items()
        for service in role.services
        for host in blueprint().everywhere(name)
    }
    assert found == wanted


@contextmanager
def answering(path: Path, text: str) -> Iterator[list[bytes]]:
    """Something that answers one request at a socket; what it was asked."""
    asked: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                asked.append(connection.recv(100))
                connection.sendall(text.encode())

        thread = threading.Thread(target=serve)
        thread.start()
        yield asked
        thread.join()


CONFIGURATION = (
    "listen identity\n  default-server check port 5000\n  server identity-1 10.0.0.1:5000 backup\n"
)


@pytest.fixture
def places(tmp_path: Path) -> tuple[str, str, str]:
    """The configuration, where the socket is to be, and an old file of states."""
    (tmp_path / "haproxy.cfg").write_text(CONFIGURATION)
    (tmp_path / "states").write_text("old")
    return str(tmp_path / "haproxy.cfg"), str(tmp_path / "socket"), str(tmp_path / "states")


def test_the_file_is_written_from_what_haproxy_says(places: tuple[str, str, str]) -> None:
    with answering(Path(places[1]), STATES) as asked:
        assert haproxy_state.main(*places) is None
    assert asked == [b"show servers state\n"]
    assert Path(places[2]).read_text() == f"1\n{HEADER}\n{ONE}\n"


def test_without_an_answer_there_is_no_file_and_the_reason_is_told(places: tuple[str, str, str]) -> None:
    told = haproxy_state.main(*places)
    assert told is not None
    assert told.startswith("the servers' states are not known (")
    assert not Path(places[2]).exists()


def test_a_reload_hands_the_states_on_and_a_start_has_none() -> None:
    unit = content(
        "prod", "loadbalancer-1", "/etc/systemd/system/haproxy.service.d/stagegate.conf"
    ).splitlines()
    state = "/var/lib/haproxy/server-state"
    saved = f"/usr/local/lib/stagegate/haproxy-state /etc/haproxy/haproxy.cfg /run/haproxy/admin.sock {state}"
    assert unit.index(f"ExecReload=-{saved}") < unit.index("ExecReload=/bin/kill -USR2 $MAINPID")
    assert f"ExecStartPre=/bin/rm -f {state}" in unit
    assert (
        f"    server-state-file {state}"
        in content("prod", "loadbalancer-1", "/etc/haproxy/haproxy.cfg").splitlines()
    )
