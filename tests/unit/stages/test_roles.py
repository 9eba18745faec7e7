"""What the roles' configuration files must say, whatever else stands in them."""

from __future__ import annotations

import configparser
import json
import re
from itertools import combinations

import pytest
from stage_sample import blueprint, content, drafted, manifest

from stages import roles
from stages.design.durations import iso
from stages.design.manifest import File, Unit, Wait, Wanted
from stages.machine import secrets
from stages.machine.site import Site

LOADBALANCERS, DATABASES = ("loadbalancer-1", "loadbalancer-2"), ("database-1", "database-2", "database-3")
HAPROXY, KEEPALIVED = "/etc/haproxy/haproxy.cfg", "/etc/keepalived/keepalived.conf"
GALERA, KEYSTONE = "/etc/mysql/mariadb.conf.d/90-stagegate.cnf", "/etc/keystone/keystone.conf"


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


# HAProxy


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


# keepalived


@pytest.mark.parametrize("host", LOADBALANCERS)
def test_the_vip_is_held_by_vrrp_version_3_over_unicast_without_preemption(host: str) -> None:
    said = lines("prod", host, KEEPALIVED)
    assert {"vrrp_version 3", "state BACKUP", "nopreempt", "interface eth0"} <= set(said)
    (other,) = [peer for peer in blueprint().hosts_of("loadbalancer") if peer.name != host]
    assert f"unicast_src_ip {blueprint().host(host).address}" in said
    start = said.index("unicast_peer {")
    assert said[start + 1 : said.index("}", start)] == [other.address]
    assert f"{blueprint().vip}/32" in said


def test_adverts_are_sub_second_and_the_same_on_both() -> None:
    adverts = {
        line
        for host in LOADBALANCERS
        for line in lines("prod", host, KEEPALIVED)
        if line.startswith("advert_int")
    }
    (advert,) = adverts
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
    found = [
        line
        for host in LOADBALANCERS
        for line in lines("prod", host, KEEPALIVED)
        if line.startswith("priority")
    ]
    assert len(set(found)) == 2


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


# Galera


def galera(host: str, stage: str = "prod") -> dict[str, str]:
    parser = configparser.ConfigParser(allow_no_value=True, interpolation=None)
    parser.read_string(content(stage, host, GALERA))
    return {name: value for name, value in parser["mysqld"].items() if value is not None}


def options(host: str) -> dict[str, str]:
    written = galera(host)["wsrep_provider_options"].strip('"')
    return dict(part.split("=") for part in written.split(";"))


@pytest.mark.parametrize("host", DATABASES)
def test_what_was_acknowledged_is_on_the_disk(host: str) -> None:
    assert galera(host)["innodb_flush_log_at_trx_commit"] == "1"
    assert galera(host)["binlog_format"] == "ROW"
    assert galera(host)["innodb_autoinc_lock_mode"] == "2"


def test_evs_time_outs_are_set_as_the_config_says_and_equal_on_all_members() -> None:
    settings = drafted("prod").config.stage("prod").settings["database"].model_dump()
    wanted = {
        f"evs.{name}": iso(settings[f"evs_{name}"])
        for name in ("keepalive_period", "suspect_timeout", "inactive_timeout", "inactive_check_period")
    }
    assert wanted.items() <= options("database-1").items()
    assert options("database-1") == options("database-2") == options("database-3")


def test_members_name_each_other_and_only_themselves_differ() -> None:
    addresses = {host.address for host in blueprint().hosts_of("database")}
    found = [galera(host) for host in DATABASES]
    for host, said in zip(DATABASES, found, strict=True):
        assert set(said["wsrep_cluster_address"].removeprefix("gcomm://").split(",")) == addresses
        assert said["wsrep_node_name"] == host
        assert said["wsrep_node_address"] == blueprint().host(host).address
    for one, other in combinations(found, 2):
        assert {name for name in one if one[name] != other[name]} == {"wsrep_node_name", "wsrep_node_address"}


def test_a_single_database_needs_nobody_to_start() -> None:
    assert galera("database-1", "dev")["wsrep_cluster_address"] == "gcomm://"


def test_two_sites_and_two_stages_have_clusters_of_their_own_names() -> None:
    names = {
        galera("database-1", "prod")["wsrep_cluster_name"],
        galera("database-1", "staging")["wsrep_cluster_name"],
    }
    assert names == {"3fa2c1-prod", "3fa2c1-staging"}


def test_the_server_is_started_by_a_cluster_step_and_restarted_when_its_configuration_changes() -> None:
    units = {unit.name: unit for unit in manifest("prod", "database-1").units}
    mariadb = units["mariadb.service"]
    assert mariadb.wanted is Wanted.NOT_STARTED
    assert GALERA in mariadb.restart_on
    assert isinstance(units["galera-check.service"], Unit)


def test_a_joiner_gets_its_data_from_a_donor_that_goes_on_serving_and_is_the_writer_last() -> None:
    member = galera("database-1", "prod")
    assert member["wsrep_sst_method"] == "mariabackup"
    assert member["wsrep_sst_donor"] == "database-3,database-2,database-1,"
    assert member["wsrep_provider_options"].strip('"').split(";")[-1] == "gcache.size=128M"


# Keystone


def keystone(host: str = "identity-blue-1") -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(content("prod", host, KEYSTONE))
    return parser


def test_keystone_finds_the_database_at_the_vip_and_every_cache() -> None:
    said = keystone()
    assert said["database"]["connection"].endswith(f"@{blueprint().vip}/keystone")
    assert said["cache"]["memcache_servers"].split(",") == [
        f"{host.address}:11211" for host in blueprint().hosts_of("identity")
    ]
    assert said["token"]["provider"] == "fernet"


def test_identity_hosts_differ_in_nothing_but_their_names() -> None:
    one, other = (
        content("prod", host, KEYSTONE).replace(host, "HOST")
        for host in ("identity-blue-1", "identity-blue-2")
    )
    assert one == other


def test_keys_are_shared_by_all_identity_hosts_and_stand_in_no_manifest() -> None:
    found = [
        {file.path: file.content for file in manifest("prod", host).files if "-keys/" in file.path}
        for host in ("identity-blue-1", "identity-blue-2")
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 4
    assert all(re.fullmatch(r"@@secret:(fernet|credential)_key_[01]@@", text) for text in found[0].values())


# all


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_every_mark_has_a_secret_and_every_file_with_one_is_private(stage: str) -> None:
    known = {secret.name for role in blueprint(stage).roles.values() for secret in role.secrets}
    for made in drafted(stage).manifests.values():
        for file in made.files:
            marks = set(re.findall(r"@@secret:([\w.-]+)@@", file.content))
            assert marks <= known
            assert not marks or _private(file), f"{file.path} can be read by everybody"


def test_no_manifest_holds_a_secret_value(tmp_path_factory: pytest.TempPathFactory) -> None:
    site = Site.at(tmp_path_factory.mktemp("site"))
    wanted = [secret for role in blueprint().roles.values() for secret in role.secrets]
    values = secrets.ensure(site, "prod", wanted, {})
    text = json.dumps({name: made.to_json() for name, made in drafted("prod").manifests.items()})
    assert not [name for name, value in values.items() if value in text]


@pytest.mark.parametrize("name", roles.ROLES)
def test_a_role_needs_only_roles_that_there_are_and_shows_its_state(name: str) -> None:
    role = roles.load(name)
    assert role.name == name
    assert set(role.needs) <= set(roles.ROLES)
    assert role.components
    assert role.diagnostics


def test_no_diagnostic_shows_a_file_that_holds_a_secret() -> None:
    for host in blueprint().hosts:
        private = {file.path for file in manifest("prod", host.name).files if "@@secret:" in file.content}
        for argv in blueprint().roles[host.role].diagnostics.values():
            shown = [path for path in private if path in " ".join(argv)]
            assert not shown or ":***@" in " ".join(argv), f"{argv} shows {shown}"


def test_two_services_never_want_the_same_port() -> None:
    ports = [service.port for name in roles.ROLES for service in roles.load(name).services]
    assert len(set(ports)) == len(ports)


def _private(file: File) -> bool:
    return file.mode & 0o007 == 0
