from dataclasses import replace

import pytest
from observed import met, unmet
from suites_sample import Recorded

from suites.components.galera import node
from suites.components.galera.node import Node
from suites.components.haproxy import status
from suites.components.haproxy.status import Server
from suites.components.keepalived import addresses
from suites.components.keystone import keys, tokens
from suites.errors import ReadingFailed
from suites.hosts.durations import seconds

DATABASES = ("database-1", "database-2", "database-3")
WANTED = {"database": DATABASES, "identity": ("identity-blue-1", "identity-blue-2")}


@pytest.fixture
def servers(recorded: Recorded) -> tuple[Server, ...]:
    return status.parse(recorded("haproxy-show-stat.csv"))


def changed(servers: tuple[Server, ...], name: str, **values: str | int) -> tuple[Server, ...]:
    return tuple(replace(server, **values) if server.name == name else server for server in servers)


def test_servers_of_all_backends_are_read_and_up(servers: tuple[Server, ...]) -> None:
    assert [server.name for server in servers] == [name for names in WANTED.values() for name in names]
    assert status.all_up(servers).holds
    assert not status.all_up(()).holds
    assert status.as_wanted(servers, WANTED).holds


@pytest.mark.parametrize("state", ["DOWN", "MAINT", "UP 1/2", "DOWN 1/2", "NOLB", "DRAIN"])
def test_a_server_in_any_other_state_than_up_is_named(servers: tuple[Server, ...], state: str) -> None:
    seen = unmet(status.all_up(changed(servers, "database-2", status=state)))
    assert f"database/database-2 is {state}" in seen


def test_a_list_short_of_a_host_or_with_one_too_many_is_not_as_wanted(servers: tuple[Server, ...]) -> None:
    short = tuple(server for server in servers if server.name != "identity-blue-2")
    assert unmet(status.as_wanted(short, WANTED)) == "identity lacks identity-blue-2"
    fewer = WANTED | {"database": DATABASES[:2]}
    assert unmet(status.as_wanted(servers, fewer)) == "database has database-3 too"
    assert not status.as_wanted((), WANTED).holds


def test_the_writer_is_the_first_server_up_and_backups_come_after(servers: tuple[Server, ...]) -> None:
    assert status.writer(servers, "database") == "database-1"
    assert status.writer(changed(servers, "database-1", status="DOWN"), "database") == "database-2"
    assert status.writer((), "database") is None


def test_load_balancers_that_write_to_different_nodes_do_not_agree(servers: tuple[Server, ...]) -> None:
    idle = changed(servers, "database-1", sessions=0)
    moved = changed(idle, "database-1", status="MAINT")
    assert status.one_writer({"a": servers, "b": idle}, "database").holds
    seen = unmet(status.one_writer({"a": idle, "b": moved}, "database"))
    assert seen == "a writes to database-1, b writes to database-2"
    assert not status.one_writer({"a": (), "b": ()}, "database").holds


def test_clients_left_on_another_server_are_a_second_writer(servers: tuple[Server, ...]) -> None:
    stray = changed(servers, "database-3", sessions=4)
    assert "a still has 4 sessions on database-3" in unmet(status.one_writer({"a": stray}, "database"))


@pytest.mark.parametrize("text", ["", "unknown command", "# pxname,svname,type\nx,y,2\n"])
def test_other_output_than_of_show_stat_is_refused(text: str) -> None:
    with pytest.raises(ReadingFailed):
        status.parse(text)


def test_the_vip_must_be_on_exactly_one_host(recorded: Recorded) -> None:
    holder = addresses.parse(recorded("ip-addr-holder.txt"))
    standby = addresses.parse(recorded("ip-addr-standby.txt"))
    assert holder >= {"10.71.3.5", "10.71.3.11", "::1"}
    assert addresses.one_holder({"lb-1": holder, "lb-2": standby}, "10.71.3.5").holds
    both = {"lb-1": holder, "lb-2": holder}
    assert unmet(addresses.one_holder(both, "10.71.3.5")) == "10.71.3.5 is held by lb-1, lb-2"
    assert not addresses.one_holder({"lb-1": standby}, "10.71.3.5").holds
    # A part of an address is not the address.
    assert not addresses.one_holder({"lb-1": standby}, "10.71.3.1").holds


@pytest.mark.parametrize("text", ["garbage", "2: eth0    inet nonsense/24 scope global"])
def test_other_output_than_of_ip_addr_is_refused(text: str) -> None:
    with pytest.raises(ReadingFailed):
        addresses.parse(text)


@pytest.fixture
def galera(recorded: Recorded) -> Node:
    return node.parse(recorded("wsrep-status.tsv"))


def with_values(galera: Node, **values: str) -> Node:
    return replace(galera, values={**galera.values, **values})


def test_a_synced_node_of_a_whole_cluster_is_well(galera: Node) -> None:
    assert met(node.is_synced(galera)) == "Primary, Synced, ON, ON"
    assert node.sees_all(galera, 3).holds
    assert node.is_durable(galera).holds
    assert node.one_cluster({"a": galera, "b": galera}).holds


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wsrep_cluster_status", "non-Primary"),
        ("wsrep_local_state_comment", "Donor/Desynced"),
        ("wsrep_ready", "OFF"),
        ("wsrep_connected", "OFF"),
    ],
)
def test_a_node_that_is_not_in_the_cluster_says_what_it_is_instead(
    galera: Node, name: str, value: str
) -> None:
    assert unmet(node.is_synced(with_values(galera, **{name: value}))) == f"{name} is {value}"


def test_a_donor_is_well_while_it_serves(galera: Node) -> None:
    gives = {"wsrep_local_state_comment": "Donor/Desynced", "wsrep_desync": "OFF"}
    donor = with_values(galera, **gives, wsrep_sst_method="mariabackup")
    assert met(node.is_synced(donor)) == "Primary, Donor/Desynced, ON, ON"
    for name, value in (
        ("wsrep_sst_method", "rsync"),
        ("wsrep_desync", "ON"),
        ("wsrep_cluster_status", "non-Primary"),
        ("wsrep_ready", "OFF"),
    ):
        assert not node.is_synced(with_values(donor, **{name: value})).holds, name


def test_a_node_that_says_nothing_of_a_cluster_is_not_synced() -> None:
    silent = node.parse("innodb_flush_log_at_trx_commit\t1\n")
    assert not node.is_synced(silent).holds
    assert not node.one_cluster({"a": silent, "b": silent}).holds
    assert not node.same_time_outs({"a": silent}).holds


def test_a_second_cluster_a_missing_node_and_a_lazy_flush_are_told(galera: Node) -> None:
    other = with_values(galera, wsrep_cluster_state_uuid="other", wsrep_cluster_size="1")
    assert "b: other" in unmet(node.one_cluster({"a": galera, "b": other}))
    assert unmet(node.sees_all(other, 3)) == "sees 1 of 3 nodes"
    assert not node.is_durable(with_values(galera, innodb_flush_log_at_trx_commit="2")).holds


def test_time_outs_must_be_equal_and_as_set(galera: Node) -> None:
    assert len(galera.evs) == 19
    assert node.same_time_outs({"a": galera, "b": galera}).holds
    other = replace(galera, evs={**galera.evs, "evs.suspect_timeout": "PT5S"})
    differing = unmet(node.same_time_outs({"a": galera, "b": other}))
    assert "evs.suspect_timeout: PT2S on a, PT5S on b" in differing
    settings = {"evs_suspect_timeout": "2s", "evs_keepalive_period": 0.5, "other": 1}
    assert node.as_set({"a": galera}, settings).holds
    assert "is PT5S on b" in unmet(node.as_set({"b": other}, settings))
    assert "is unset on a" in unmet(node.as_set({"a": galera}, {"evs_unknown": "2s"}))


def test_keys_are_compared_whole_and_shown_short() -> None:
    one = keys.parse("aa11  fernet-keys/0\nbb22  fernet-keys/1\ncc33  credential-keys/0\n")
    other = {**one, "fernet-keys/1": "dd44"}
    assert keys.equal({"a": one, "b": dict(one)}).holds
    different = unmet(keys.equal({"a": one, "b": other}))
    assert different.startswith("fernet-keys: ")
    assert "bb22" not in different
    assert "a has no fernet-keys" in unmet(keys.equal({"a": {}, "b": {}}))
    fewer = {path: digest for path, digest in one.items() if path != "fernet-keys/0"}
    assert not keys.equal({"a": one, "b": fewer}).holds


def test_a_token_must_stand_for_its_user_everywhere() -> None:
    token = tokens.Token("admin", "1a2b", {"one": "admin", "two": "admin"}, {})
    assert tokens.valid_everywhere(token, "one").holds
    refused = replace(token, valid={"one": "admin", "two": "Not Found (HTTP 404)"})
    assert "two says Not Found" in unmet(tokens.valid_everywhere(refused, "one"))
    assert not tokens.valid_everywhere(replace(token, valid={}), "one").holds


def test_the_catalog_must_name_the_endpoint_for_all_interfaces() -> None:
    url = "http://10.71.3.5:5000/v3"
    token = tokens.Token("admin", "1a2b", {}, dict.fromkeys(tokens.INTERFACES, f"{url}/"))
    assert tokens.catalogued(token, url).holds
    assert "public is missing" in unmet(tokens.catalogued(replace(token, catalog={"admin": url}), url))


@pytest.mark.parametrize(
    ("written", "length"),
    [("500ms", 0.5), ("2s", 2), ("1m", 60), (0.25, 0.25), ("PT0.5S", 0.5), ("PT1M30S", 90)],
)
def test_lengths_of_time_are_read_in_all_their_spellings(written: object, length: float) -> None:
    assert seconds(written) == length


@pytest.mark.parametrize("written", ["", "2", "PT", "soon", None])
def test_what_is_not_a_duration_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds(written)
