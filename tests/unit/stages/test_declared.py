"""What a manifest declares of what runs: from the very texts that a host gets, and without any secret."""

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from stage_sample import blueprint, content, manifest

from stages.design.declared import KERNEL, declared
from stages.design.manifest import Unit, Wanted
from stages.design.options import assigned, directives, options
from stages.roles.coordination.declared import server
from stages.roles.loadbalancer.declared import haproxy, keepalived
from stages.roles.messaging.declared import definitions
from suites.harness.loading import loaded

GALERA = "/etc/mysql/mariadb.conf.d/90-stagegate.cnf"
NOVA, KEEPALIVED = "/etc/nova/nova.conf", "/etc/keepalived/keepalived.conf"
STAGE = "whole-prod"


def told(name: str) -> dict[str, Any]:
    drawn = blueprint(STAGE)
    return declared(drawn, drawn.host(name), manifest(STAGE, name))


def settings(name: str, component: str, kind: str) -> dict[str, str]:
    found: dict[str, str] = told(name)["settings"][component][kind]
    return found


def test_a_file_is_declared_by_a_digest_without_the_lines_that_have_secrets() -> None:
    lines = content(STAGE, "compute-api-blue-1", NOVA).split("\n")
    secret = [number for number, line in enumerate(lines) if "@@secret:" in line]
    rest = "\n".join(line for number, line in enumerate(lines) if number not in secret)
    assert secret
    assert told("compute-api-blue-1")["files"][NOVA] == {
        "sha256": sha256(rest.encode()).hexdigest(),
        "secret_lines": secret,
        "lists_hosts": True,
    }


def test_nothing_that_is_declared_tells_a_secret_or_where_one_is() -> None:
    for host in blueprint(STAGE).hosts:
        assert "@@secret" not in json.dumps(told(host.name))


def test_units_are_declared_with_what_a_start_and_a_reload_read_and_not_those_that_are_to_stop() -> None:
    drawn, made = blueprint(STAGE), manifest(STAGE, "loadbalancer-1")
    stopped = replace(made, units=(*made.units, Unit("old.service", wanted=Wanted.STOPPED)))
    units = declared(drawn, drawn.host("loadbalancer-1"), stopped)["units"]
    assert units["haproxy.service"] == {
        "starts_with": ["/etc/systemd/system/haproxy.service.d/stagegate.conf"],
        "reloads": ["/etc/haproxy/haproxy.cfg"],
    }
    assert "old.service" not in units


def test_accounts_names_and_kernel_are_declared() -> None:
    found = told("database-1")
    assert found["users"] == {"mysql": [100, 101]}
    assert found["names"] == {host.name: host.address for host in blueprint(STAGE).reachable}
    assert found["kernel"] == KERNEL


def test_a_database_declares_what_its_configuration_sets_and_no_other_host_changes() -> None:
    variables = settings("database-1", "galera", "variable")
    assert variables["innodb_flush_log_at_trx_commit"] == "1"
    assert variables["skip_name_resolve"] == "ON"
    assert variables["read_only"] == "OFF"  # a default that is relied on
    assert variables["wsrep_node_name"] == "database-1"
    # A member that runs need not know of one that has come since.
    assert not {"wsrep_cluster_address", "wsrep_sst_donor"} & set(variables)
    assert "wsrep_cluster_address" in content(STAGE, "database-1", GALERA)
    assert settings("database-1", "galera", "provider option")["evs.suspect_timeout"].startswith("PT")


@pytest.mark.parametrize(("stage", "name"), [(STAGE, "database-1"), ("whole-dev", "database-1")])
def test_what_lists_hosts_is_told_also_where_a_host_is_alone(stage: str, name: str) -> None:
    """Of three one may be left, which nothing restarts although its file has changed."""
    drawn = blueprint(stage)
    files = declared(drawn, drawn.host(name), manifest(stage, name))["files"]
    assert files[GALERA]["lists_hosts"]
    assert not files["/etc/systemd/system/galera-check.service"]["lists_hosts"]


def test_a_file_of_which_each_change_restarts_lists_no_hosts_in_this_sense() -> None:
    drawn = blueprint(STAGE)
    (path,) = drawn.roles["identity"].peer_files
    assert not told("identity-blue-1")["files"][path]["lists_hosts"]


def test_a_load_balancer_declares_each_server_as_haproxy_has_it() -> None:
    servers = settings("loadbalancer-1", "haproxy", "server")
    first, second = "database/database-1", "database/database-2"
    address = blueprint(STAGE).host("database-1").address
    assert servers[f"{first} address"] == f"{address}:3306"
    assert (servers[f"{first} use"], servers[f"{second} use"]) == ("active", "backup")
    assert servers[f"{first} check"] == "at port 9200"
    assert (servers[f"{first} weight"], servers[f"{first} maxconn"]) == ("1", "none")
    assert servers["compute/compute-api-blue-1 maxconn"].isdecimal()


def test_a_default_of_one_pool_is_none_of_the_next() -> None:
    text = """
    global
        maxconn 50
    listen one
        default-server maxconn 4
        default-server check port 9 rise 1 fall 2
        server a 10.0.0.1:80 weight 7
    backend two
        server b 10.0.0.2:80
    """
    found = {one.name: one.value for one in haproxy(text)}
    assert {name: found[f"one/a {name}"] for name in ("maxconn", "check", "rise", "weight")} == {
        "maxconn": "4",
        "check": "at port 9",
        "rise": "1",
        "weight": "7",
    }
    assert (found["Maxconn"], found["one clients at once"], found["one listener"]) == ("50", "50", "OPEN")
    assert "two listener" not in found
    assert (found["two/b maxconn"], found["two/b check"], found["two/b weight"]) == ("none", "off", "1")
    assert "two/b rise" not in found


def test_keepalived_declares_its_instance() -> None:
    told = {
        one.name: one.value
        for one in keepalived(content(STAGE, "loadbalancer-2", "/etc/keepalived/keepalived.conf"))
    }
    drawn = blueprint(STAGE)
    assert told["effective priority"] == "148"
    assert told["peers"] == drawn.host("loadbalancer-1").address
    assert (told["addresses"], told["preempt"]) == (drawn.vip, "off")
    assert told["advert interval"].endswith(" ms")


def test_redis_declares_what_its_peers_have_it_told_and_no_password() -> None:
    redis, sentinel = (settings("coordination-1", "redis", kind) for kind in ("redis", "sentinel"))
    assert (redis["min-replicas-to-write"], redis["replica-priority"], redis["save"]) == ("1", "100", "")
    assert (sentinel["quorum"], sentinel["parallel-syncs"]) == ("2", "3")
    assert not {"requirepass", "masterauth"} & set(redis)


def test_a_program_of_peers_without_a_value_is_refused() -> None:
    with pytest.raises(LookupError, match="priority"):
        list(server("port 1\n", "replicas=1"))


def test_a_broker_declares_all_accounts_permissions_and_policies() -> None:
    found = told("messaging-1")["settings"]["rabbitmq"]
    assert found["user"] == {"openstack": "tags: none"}
    assert found["permission"] == {"openstack on /": "configure .* write .* read .*"}
    assert found["virtual host"] == {"/": "there"}
    assert found["setting"]["net_ticktime"].isdecimal()
    assert found["setting"]["listeners.tcp.1"].endswith(":5672")
    policy = '{"users": [], "vhosts": [], "permissions": [], "policies": [{"name": "ttl", "vhost": "/"}]}'
    assert [(one.kind, one.name) for one in definitions(policy)] == [("policy", "ttl on /")]


def test_ovn_and_its_chassis_declare_their_connections_and_timers() -> None:
    assert settings("ovn-1", "ovn", "southbound")["connections"].startswith("ptcp:6642:0.0.0.0 probed after ")
    assert settings("ovn-1", "ovn", "northbound")["election timer"].endswith(" ms")
    ids = settings("compute-1", "ovn-controller", "external id")
    assert ids["ovn-encap-ip"] == blueprint(STAGE).host("compute-1").address
    assert ids["ovn-remote"] == ",".join(f"tcp:{one.address}:6642" for one in blueprint(STAGE).members("ovn"))
    assert ids["system-id"] == "compute-1"


def test_a_cache_declares_its_size_in_the_bytes_that_it_reports() -> None:
    found = settings("image-blue-1", "memcached", "setting")
    assert int(found["maxbytes"]) % (1024 * 1024) == 0
    assert found["inter"] == blueprint(STAGE).host("image-blue-1").address


def test_all_that_roles_declare_is_of_a_component_that_can_be_asked_for_that_kind() -> None:
    """The two sides agree in names alone: neither imports the other."""
    asked = {
        (component, kind)
        for host in blueprint(STAGE).hosts
        for component, kinds in told(host.name)["settings"].items()
        for kind in kinds
    }
    assert {component for component, _ in asked} == {
        "galera", "haproxy", "keepalived", "memcached", "ovn", "ovn-controller", "rabbitmq", "redis"
    }  # fmt: skip
    for component, kind in asked:
        reports = loaded("suites", component).reports
        assert reports is not None, component
        assert kind in reports.shows, (component, kind)


def test_a_configuration_is_read_as_its_program_reads_it() -> None:
    text = '# a comment\n[one]\na-b = "c d"\nflag\npassword = @@secret:x@@\n[two]\nz=1\n'
    assert options(text, "one") == {"a-b": "c d", "flag": "ON"}
    assert assigned(text)["z"] == "1"
    assert list(directives("a  b\n\n# c\nd\n")) == [("a", "b"), ("d",)]
