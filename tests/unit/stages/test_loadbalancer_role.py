"""The load balancers: what HAProxy and keepalived are told, whatever else stands in their files."""

import re

import pytest
from lab_of_two import SERVES, two
from stage_sample import blueprint, content, drafted, manifest

from stages.design.manifest import Wait, Wanted
from stages.roles.loadbalancer import role

LOADBALANCERS = ("loadbalancer-1", "loadbalancer-2")
HAPROXY, KEEPALIVED = "/etc/haproxy/haproxy.cfg", "/etc/keepalived/keepalived.conf"
KEEPALIVED_UNIT = "/etc/systemd/system/keepalived.service.d/stagegate.conf"
WATCH_UNIT = "/etc/systemd/system/haproxy-watch.service"


def lines(text: str) -> list[str]:
    """The lines that say something."""
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith(("#", ";"))]


def keepalived(host: str) -> list[str]:
    return lines(content("prod", host, KEEPALIVED))


def section(name: str) -> list[str]:
    """The lines of a section of haproxy.cfg: those behind its name, up to one that isn't indented."""
    _, _, text = content("prod", "loadbalancer-1", HAPROXY).partition(f"\n{name}\n")
    return lines(re.split(r"\n(?=[^\s#])", text)[0])


def servers(name: str) -> list[list[str]]:
    return [line.split() for line in section(name) if line.startswith("server ")]


def test_the_database_has_one_writer_and_all_others_stand_by() -> None:
    first, *others = servers("listen database")
    assert first[1] == "database-1"
    assert "backup" not in first
    assert [server[1] for server in others] == ["database-2", "database-3"]
    assert all("backup" in server for server in others)


def checks(name: str) -> str:
    """The line of a section that says how its servers are checked."""
    (line,) = [line for line in section(name) if line.startswith("default-server check ")]
    return line


def test_no_connection_stays_on_a_standby_when_the_writer_comes_back_or_on_a_server_that_is_down() -> None:
    first, *_ = servers("listen database")
    assert " ".join(first).endswith("on-marked-up shutdown-backup-sessions")
    assert checks("listen database").endswith(" on-marked-down shutdown-sessions")


def test_an_api_that_counts_as_down_finishes_its_requests() -> None:
    assert "shutdown-sessions" not in checks("listen identity")


def test_an_api_leaves_by_a_404_and_a_database_by_a_failure_which_cuts_connections() -> None:
    assert {"http-check disable-on-404", "http-check send hdr Stagegate-Check yes"} <= set(
        section("listen identity")
    )
    assert not [line for line in section("listen database") if line.startswith("http-check")]


def test_a_request_is_repeated_elsewhere_only_if_no_server_began_it_or_it_changes_nothing() -> None:
    said = section("listen identity")
    assert "retry-on conn-failure empty-response" in said
    assert "http-request disable-l7-retry if ! METH_GET" in said


def test_one_that_refuses_requests_is_out_before_a_request_has_no_try_left() -> None:
    (observed,) = [line for line in section("listen identity") if "observe" in line]
    assert observed == "default-server observe layer4 error-limit 2 on-error mark-down"
    assert {"option redispatch 1", "retries 3"} <= set(section("defaults"))
    assert not [line for line in section("listen database") if "observe" in line]


def test_connections_of_old_workers_are_watched_where_one_server_is_used_at_a_time() -> None:
    unit = content("prod", "loadbalancer-1", "/etc/systemd/system/haproxy-old-workers.service")
    (start,) = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    assert start.endswith("--master /run/haproxy-master.sock --interval 1 database")


SETTINGS = drafted("prod").config.stage("prod").settings
VIP = blueprint().vip


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("listen database", f"bind {VIP}:3306"),
        ("listen database", "option httpchk GET /"),  # more than its greeting
        ("listen identity", f"bind {VIP}:5000"),
        ("listen identity", "option httpchk GET /healthcheck"),
        # What a server can't answer now waits at the load balancer, as long as its client does.
        ("listen identity", f"default-server maxconn {SETTINGS['identity'].workers}"),
        ("listen identity", "option abortonclose"),
        ("listen identity", "balance leastconn"),
        ("listen identity", "http-request set-priority-class int(1) if METH_POST { path /v3/auth/tokens }"),
        # By default, that would be the timeout of a connection.
        ("defaults", f"timeout queue {SETTINGS['loadbalancer'].queue_timeout * 1000:.0f}ms"),
        ("listen identity", f"timeout http-request {SETTINGS['loadbalancer'].request_timeout * 1000:.0f}ms"),
        # Else the timeout above would end connections between two requests.
        ("listen identity", "timeout http-keep-alive 60000ms"),
        # A busy API isn't down, and a frozen database fails its check in time.
        ("listen identity", f"timeout check {SETTINGS['loadbalancer'].http_check_timeout * 1000:.0f}ms"),
        ("defaults", f"timeout check {SETTINGS['loadbalancer'].check_timeout * 1000:.0f}ms"),
        # Whether HAProxy answers is asked on its own host alone.
        ("frontend alive", "bind 127.0.0.1:8404"),
        ("frontend alive", "monitor-uri /alive"),
    ],
)
def test_haproxy_is_configured(name: str, line: str) -> None:
    assert line in section(name)


def test_a_database_takes_all_connections_and_is_asked_at_its_own_port_for_checks() -> None:
    database = section("listen database")
    assert any(" check port 9200 " in line for line in database)
    assert not [line for line in database if "mysql-check" in line or "maxconn" in line]


def test_a_check_times_out_before_a_request_does() -> None:
    own = SETTINGS["loadbalancer"]
    assert own.check_timeout < own.http_check_timeout < own.queue_timeout < own.client_timeout
    assert own.http_check_timeout < own.server_timeout


def test_every_keystone_serves() -> None:
    assert [server[1:3] for server in servers("listen identity")] == [
        [host.name, f"{host.address}:5000"] for host in blueprint().everywhere("identity")
    ]
    assert not any("backup" in server for server in servers("listen identity"))


@pytest.mark.parametrize("host", LOADBALANCERS)
def test_the_vip_is_held_by_vrrp_version_3_over_unicast_without_preemption(host: str) -> None:
    said = keepalived(host)
    assert {"vrrp_version 3", "state BACKUP", "nopreempt", "interface eth0"} <= set(said)
    (other,) = [peer for peer in blueprint().everywhere("loadbalancer") if peer.name != host]
    assert f"unicast_src_ip {blueprint().host(host).address}" in said
    start = said.index("unicast_peer {")
    assert said[start + 1 : said.index("}", start)] == [other.address]
    assert f"{VIP}/32" in said


def told_on_both(word: str) -> set[str]:
    """What keepalived is told by this word on the load balancers."""
    told = (line for host in LOADBALANCERS for line in keepalived(host))
    return {line for line in told if line.startswith(word)}


def test_adverts_are_sub_second_and_equal_and_priorities_differ() -> None:
    (advert,) = told_on_both("advert_int")
    assert 0 < float(advert.split()[1]) < 1
    assert len(told_on_both("priority")) == 2


def test_the_holder_loses_the_vip_when_haproxy_does_not_answer_in_time() -> None:
    said = keepalived("loadbalancer-1")
    start = said.index("track_file haproxy_answers {")
    file = said[start + 1].split()[1].strip('"')
    assert said[said.index("track_file {") + 1] == "haproxy_answers weight 0"
    weights = {line for line in said if "weight" in line}
    assert weights == {"weight 0", "haproxy_answers weight 0"}, "a failure takes the VIP, not some priority"
    unit = content("prod", "loadbalancer-1", WATCH_UNIT)
    (watch,) = [line for line in unit.splitlines() if "ExecStart=" in line]
    assert f"--file {file} " in watch
    assert "--url http://127.0.0.1:8404/alive " in watch
    assert f"echo 1 > {file}" in content("prod", "loadbalancer-1", KEEPALIVED_UNIT), "until it has answered"


def test_keepalived_starts_no_process_and_waits_for_no_other() -> None:
    said = " ".join(keepalived("loadbalancer-1"))
    assert "script" not in said
    assert "vrrp_rt_priority 1" in said
    assert blueprint().roles["loadbalancer"].real_time


def test_a_load_balancer_that_is_alone_names_no_peers() -> None:
    assert "unicast" not in content("dev", "loadbalancer-1", KEEPALIVED)


def test_changed_configuration_reloads_and_only_a_changed_unit_restarts() -> None:
    for unit in manifest("prod", "loadbalancer-1").units:
        assert unit.wanted is Wanted.RUNNING
        if unit.name in {"haproxy-watch.service", "haproxy-old-workers.service"}:
            continue  # a restart costs nothing: the file keeps what it said, and no connection passes these
        assert all(path.startswith("/etc/systemd/system/") for path in unit.restart_on)
        assert set(unit.reload_on) <= {HAPROXY, KEEPALIVED}
        assert unit.reload_on


def test_configuration_is_tried_before_it_replaces_what_is_there() -> None:
    verified = {file.path for file in manifest("prod", "loadbalancer-1").files if file.verify}
    assert verified == {HAPROXY, KEEPALIVED}


def test_what_verifies_a_file_has_the_place_of_its_path_and_no_other() -> None:
    """The applier writes the path wherever `{}` stands, so a program that is an argument must not have it."""
    drawn = two(*SERVES)
    made = [role.ROLE.manifest(drawn, host) for host in drawn.serving("loadbalancer")]
    verified = {file.path: file.verify for one in made for file in one.files if file.verify}
    assert role.SHARES in verified, "a program with arguments"
    for path, words in verified.items():
        with_place = [word for word in words if "{}" in word]
        assert len(with_place) == 1, path
        assert "\n" not in with_place[0], path


def test_a_load_balancer_is_ready_when_it_answers_and_holds_the_vip_or_could_take_it() -> None:
    answers, _, in_turn = manifest("prod", "loadbalancer-1").commands
    assert isinstance(answers, Wait)
    assert isinstance(in_turn, Wait)
    assert "(MASTER|BACKUP)" in in_turn.until[-1]
