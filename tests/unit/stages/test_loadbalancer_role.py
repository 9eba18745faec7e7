"""The load balancers: what HAProxy and keepalived are told, whatever else stands in their files."""

import re

import pytest
from stage_sample import blueprint, content, drafted, manifest

from stages.design.manifest import Wait, Wanted

LOADBALANCERS = ("loadbalancer-1", "loadbalancer-2")
HAPROXY, KEEPALIVED = "/etc/haproxy/haproxy.cfg", "/etc/keepalived/keepalived.conf"


def lines(stage: str, host: str, path: str) -> list[str]:
    """The lines that say something."""
    stripped = (line.strip() for line in content(stage, host, path).splitlines())
    return [line for line in stripped if line and not line.startswith(("#", ";"))]


def section(name: str, host: str = "loadbalancer-1", stage: str = "prod") -> list[str]:
    """The lines of a section of haproxy.cfg."""
    found: list[str] = []
    inside = False
    for raw in content(stage, host, HAPROXY).splitlines():
        line = raw.strip()
        if raw and not raw[0].isspace() and not raw.startswith("#"):
            inside = raw == name
        elif inside and line and not line.startswith("#"):
            found.append(line)
    return found


def servers(name: str) -> list[list[str]]:
    return [line.split() for line in section(name) if line.startswith("server ")]


def test_the_database_has_one_writer_and_all_others_stand_by() -> None:
    first, *others = servers("listen database")
    assert first[1] == "database-1"
    assert "backup" not in first
    assert [server[1] for server in others] == ["database-2", "database-3"]
    assert all("backup" in server for server in others)


def test_no_connection_stays_on_a_standby_when_the_writer_comes_back_or_on_a_server_that_is_down() -> None:
    first, *_ = servers("listen database")
    assert " ".join(first).endswith("on-marked-up shutdown-backup-sessions")
    (defaults,) = [line for line in section("listen database") if line.startswith("default-server")]
    assert "on-marked-down shutdown-sessions" in defaults


def test_a_database_is_asked_for_more_than_its_greeting() -> None:
    database = section("listen database")
    assert "option httpchk GET /" in database
    assert any(" check port 9200 " in line for line in database)
    assert not [line for line in database if "mysql-check" in line]


def test_keystone_is_asked_for_its_health_on_every_host() -> None:
    assert "option httpchk GET /healthcheck" in section("listen identity")
    drawn = blueprint()
    assert [server[1:3] for server in servers("listen identity")] == [
        [host.name, f"{host.address}:5000"] for host in drawn.hosts_of("identity")
    ]
    assert not any("backup" in server for server in servers("listen identity"))


def test_a_frozen_server_fails_its_check_in_time() -> None:
    settings = drafted("prod").config.stage("prod").settings["loadbalancer"].model_dump()
    assert f"timeout check {settings['check_timeout'] * 1000:.0f}ms" in section("defaults")
    assert settings["check_timeout"] < settings["server_timeout"]


def test_what_a_server_can_not_answer_now_waits_at_the_load_balancer_while_its_client_does() -> None:
    settings = drafted("prod").config.stage("prod").settings
    lines = section("listen identity")
    assert f"default-server maxconn {settings['identity'].workers}" in lines
    assert "option abortonclose" in lines
    # Unsaid, it would be the time-out for a connection.
    assert f"timeout queue {settings['loadbalancer'].server_timeout * 1000:.0f}ms" in section("defaults")


def test_a_database_takes_all_connections() -> None:
    assert not any("maxconn" in line for line in section("listen database"))


def test_both_load_balancers_say_the_same_but_for_their_names() -> None:
    one, other = (content("prod", host, HAPROXY).replace(host, "HOST") for host in LOADBALANCERS)
    assert one == other


def test_services_are_bound_to_the_vip_and_the_live_question_to_this_host_alone() -> None:
    vip = blueprint().vip
    assert f"bind {vip}:3306" in section("listen database")
    assert f"bind {vip}:5000" in section("listen identity")
    assert {"bind 127.0.0.1:8404", "monitor-uri /alive"} <= set(section("frontend alive"))


@pytest.mark.parametrize("host", LOADBALANCERS)
def test_the_vip_is_held_by_vrrp_version_3_over_unicast_without_preemption(host: str) -> None:
    said = lines("prod", host, KEEPALIVED)
    assert {"vrrp_version 3", "state BACKUP", "nopreempt", "interface eth0"} <= set(said)
    (other,) = [peer for peer in blueprint().hosts_of("loadbalancer") if peer.name != host]
    assert f"unicast_src_ip {blueprint().host(host).address}" in said
    start = said.index("unicast_peer {")
    assert said[start + 1 : said.index("}", start)] == [other.address]
    assert f"{blueprint().vip}/32" in said


def told_on_both(word: str) -> list[str]:
    """What keepalived is told by this word, on each of the load balancers."""
    told = [line for host in LOADBALANCERS for line in lines("prod", host, KEEPALIVED)]
    return [line for line in told if line.startswith(word)]


def test_adverts_are_sub_second_and_the_same_on_both() -> None:
    (advert,) = set(told_on_both("advert_int"))
    assert 0 < float(advert.split()[1]) < 1


def test_the_holder_loses_the_vip_when_haproxy_does_not_answer_in_time() -> None:
    said = lines("prod", "loadbalancer-1", KEEPALIVED)
    script = next(line for line in said if line.startswith("script "))
    assert "http://127.0.0.1:8404/alive" in script
    assert re.search(r"--max-time [0-9.]+ ", script)
    assert any(re.fullmatch(r"timeout [1-9][0-9]*", line) for line in said)
    start = said.index("track_script {")
    assert said[start + 1] == "haproxy_answers"
    assert "vrrp_script haproxy_answers {" in said
    assert "weight" not in " ".join(said), "a failed script takes the VIP away instead of some priority"


def test_two_load_balancers_have_different_priorities() -> None:
    assert len(set(told_on_both("priority"))) == 2


def test_a_load_balancer_that_is_alone_names_no_peers() -> None:
    assert "unicast" not in content("dev", "loadbalancer-1", KEEPALIVED)


def test_changed_configuration_reloads_and_only_a_changed_unit_restarts() -> None:
    for unit in manifest("prod", "loadbalancer-1").units:
        assert unit.wanted is Wanted.RUNNING
        assert all(path.startswith("/etc/systemd/system/") for path in unit.restart_on)
        assert set(unit.reload_on) <= {HAPROXY, KEEPALIVED}
        assert unit.reload_on


def test_configuration_is_tried_before_it_replaces_what_is_there() -> None:
    verified = {file.path for file in manifest("prod", "loadbalancer-1").files if file.verify}
    assert verified == {HAPROXY, KEEPALIVED}


def test_a_load_balancer_is_ready_when_it_answers_and_holds_the_vip_or_could_take_it() -> None:
    answers, in_turn = manifest("prod", "loadbalancer-1").commands
    assert isinstance(answers, Wait)
    assert isinstance(in_turn, Wait)
    assert "(MASTER|BACKUP)" in in_turn.until[-1]
