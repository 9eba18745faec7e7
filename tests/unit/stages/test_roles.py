"""What holds of every role; and what the configuration of Galera and of Keystone must say."""

import configparser
import re
from itertools import combinations

import pytest
from stage_sample import DATABASES, blueprint, content, drafted, manifest

from stages import roles
from stages.config.roles import count_problem
from stages.design.durations import iso
from stages.design.manifest import Unit, Wanted
from stages.design.rendering import marked

EVERYBODY_ELSE = 0o007
GALERA, KEYSTONE = "/etc/mysql/mariadb.conf.d/90-stagegate.cnf", "/etc/keystone/keystone.conf"


def galera(host: str, stage: str = "prod", part: str = "mysqld") -> dict[str, str]:
    parser = configparser.ConfigParser(allow_no_value=True, interpolation=None)
    parser.read_string(content(stage, host, GALERA))
    return {name: value for name, value in parser[part].items() if value is not None}


@pytest.mark.parametrize(
    ("stage", "name", "value"),
    [
        ("prod", "innodb_flush_log_at_trx_commit", "1"),  # what was acknowledged is on the disk
        ("prod", "binlog_format", "ROW"),
        ("prod", "innodb_autoinc_lock_mode", "2"),
        ("prod", "wsrep_sst_method", "mariabackup"),  # a donor continues to serve
        ("prod", "wsrep_sst_donor", "database-3,database-2,database-1,"),  # the writer is the last choice
        ("dev", "wsrep_cluster_address", "gcomm://"),  # a single database needs no other to start
        ("prod", "wsrep_cluster_name", "3fa2c1-prod"),  # of the site and the stage
        ("staging", "wsrep_cluster_name", "3fa2c1-staging"),
    ],
)
def test_galera_is_configured(stage: str, name: str, value: str) -> None:
    assert galera("database-1", stage)[name] == value


def test_a_donor_names_the_account_of_its_backup_and_does_not_guess_it() -> None:
    assert galera("database-1", part="sst")["wsrep-sst-auth"] == "mysql:"


def test_evs_timeouts_are_those_of_the_settings() -> None:
    settings = drafted("prod").config.stage("prod").settings["database"].model_dump()
    names = ("keepalive_period", "suspect_timeout", "inactive_timeout", "inactive_check_period")
    *written, last = galera("database-1")["wsrep_provider_options"].strip('"').split(";")
    assert {f"evs.{name}={iso(settings[f'evs_{name}'])}" for name in names} <= set(written)
    assert last == "gcache.size=128M"


def test_members_name_each_other_and_only_themselves_differ() -> None:
    addresses = {host.address for host in blueprint().everywhere("database")}
    found = [galera(host) for host in DATABASES]
    for host, said in zip(DATABASES, found, strict=True):
        assert set(said["wsrep_cluster_address"].removeprefix("gcomm://").split(",")) == addresses
        assert said["wsrep_node_name"] == host
        assert said["wsrep_node_address"] == blueprint().host(host).address
    for one, other in combinations(found, 2):
        assert {name for name in one if one[name] != other[name]} == {"wsrep_node_name", "wsrep_node_address"}


def test_the_server_is_started_by_a_cluster_step_and_restarted_when_its_configuration_changes() -> None:
    units = {unit.name: unit for unit in manifest("prod", "database-1").units}
    mariadb = units["mariadb.service"]
    assert mariadb.wanted is Wanted.NOT_STARTED
    assert GALERA in mariadb.restart_on
    assert isinstance(units["galera-check.service"], Unit)


def test_keystone_finds_the_database_at_the_vip_and_every_cache() -> None:
    said = configparser.ConfigParser(interpolation=None)
    said.read_string(content("prod", "identity-blue-1", KEYSTONE))
    assert said["database"]["connection"].endswith(f"@{blueprint().vip}/keystone")
    assert said["cache"]["memcache_servers"].split(",") == [
        f"{host.address}:11211" for host in blueprint().everywhere("identity")
    ]
    assert said["token"]["provider"] == "fernet"


@pytest.mark.parametrize(
    ("role", "path"), [("identity-blue", KEYSTONE), ("loadbalancer", "/etc/haproxy/haproxy.cfg")]
)
def test_hosts_of_a_role_differ_in_nothing_but_their_names(role: str, path: str) -> None:
    hosts = (f"{role}-1", f"{role}-2")
    one, other = (content("prod", host, path).replace(host, "HOST") for host in hosts)
    assert one == other


def test_keys_are_shared_by_all_identity_hosts_and_stand_in_no_manifest() -> None:
    found = [
        {file.path: file.content for file in manifest("prod", host).files if "-keys/" in file.path}
        for host in ("identity-blue-1", "identity-blue-2")
    ]
    assert found[0] == found[1]
    assert len(found[0]) == 4
    assert all(re.fullmatch(r"@@secret:(fernet|credential)_key_[01]@@", text) for text in found[0].values())


@pytest.mark.parametrize("stage", ["dev", "prod", "whole-prod"])
def test_every_mark_has_a_secret_and_every_file_with_one_is_private(stage: str) -> None:
    known = {secret.name for role in blueprint(stage).roles.values() for secret in role.secrets}
    for made in drafted(stage).manifests.values():
        for file in made.files:
            assert marked(file.content) <= known
            assert not marked(file.content) or not file.mode & EVERYBODY_ELSE, f"all can read {file.path}"


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


ODD = ("coordination", "document-store", "messaging", "ovn")


@pytest.mark.parametrize(
    ("role", "fitting"), [("object-store", [1]), *((role, [1, 3, 5, 7]) for role in ODD)]
)
def test_a_role_has_a_number_of_hosts_that_fits_it(role: str, fitting: list[int]) -> None:
    assert [count for count in range(10) if count_problem(role, count) is None] == fitting


def test_a_process_of_keystone_answers_one_request_at_a_time() -> None:
    # Its middleware keeps the token of a request in itself: another thread would find it there.
    assert "--threads 1 " in content("prod", "identity-blue-1", "/etc/systemd/system/keystone.service")
