"""Whether running programs report the settings that are declared, from what real ones answered."""

from collections.abc import Mapping

import pytest
from suites_sample import FakeHost, Recorded

from suites.components.galera.variables import same as same_variable
from suites.components.haproxy import settings as haproxy
from suites.components.rabbitmq.settings import same as same_of_broker
from suites.components.redis.settings import same as same_of_redis
from suites.errors import ReadingFailed
from suites.harness.loading import loaded
from suites.harness.reports import Reports
from suites.readings import ovsdb
from suites.readings.effective import settings
from suites.readings.effective.finding import Finding, observed
from suites.seam.declared import Settings

ANSWERS = {
    "galera": "database-2.tsv",
    "haproxy": "haproxy.txt",
    "keepalived": "keepalived-data.txt",
    "memcached": "memcached.txt",
    "ovn": "ovn.json",
    "ovn-controller": "open-vswitch.json",
    "rabbitmq": "rabbitmq.txt",
    "redis": "redis.txt",
}


def reports(component: str) -> Reports:
    found = loaded("suites", component).reports
    assert found is not None
    return found


def effective(component: str, recorded: Recorded) -> Settings:
    return reports(component).parse(recorded(f"effective/{ANSWERS[component]}"))


def found(component: str, recorded: Recorded, declared: Settings) -> list[str]:
    judged = settings.judge("host-1", reports(component), effective(component, recorded), declared)
    return [str(one) for one in judged]


# What the hosts declared that gave these answers.
RIGHT: Mapping[str, Settings] = {
    "galera": {
        "variable": {
            "max_connections": "2000",
            "innodb_buffer_pool_size": "64M",
            "performance_schema": "off",
            "wsrep_node_name": "database-2",
        },
        "provider option": {"evs.suspect_timeout": "PT2S", "gcache.size": "128M"},
    },
    "haproxy": {
        "process": {"Maxconn": "2000", "SessRateLimit": "0"},
        "pool": {"identity clients at once": "2000", "identity balance": "leastconn", "database mode": "tcp"},
    },
    "keepalived": {
        "instance": {
            "effective priority": "149",
            "peers": "10.177.192.17",
            "addresses": "10.177.192.5",
            "advert interval": "200 ms",
            "preempt": "off",
            "source address": "10.177.192.16",
        }
    },
    "memcached": {"setting": {"maxbytes": "67108864", "inter": "10.177.192.104"}},
    "ovn": {
        "northbound": {
            "connections": "ptcp:6641:0.0.0.0 probed after 60000 ms",
            "election timer": "1000 ms",
        }
    },
    "ovn-controller": {"external id": {"ovn-encap-type": "geneve", "system-id": "compute-2"}},
    "rabbitmq": {
        "setting": {
            "disk_free_limit.absolute": "200MB",
            "vm_memory_high_watermark.absolute": "512MB",
            "listeners.tcp.1": "10.177.192.33:5672",
            "net_ticktime": "8",
        },
        "user": {"openstack": "tags: none"},
        "virtual host": {"/": "there"},
        "permission": {"openstack on /": "configure .* write .* read .*"},
    },
    "redis": {
        "redis": {"maxmemory": "64mb", "save": "", "min-replicas-to-write": "1"},
        "sentinel": {"down-after-milliseconds": "2000", "quorum": "2", "info-period": "1000"},
    },
}


@pytest.mark.parametrize("component", [name for name in RIGHT if name != "haproxy"])
def test_what_real_programs_reported_is_as_their_hosts_declared(component: str, recorded: Recorded) -> None:
    assert found(component, recorded, RIGHT[component]) == []


@pytest.mark.parametrize(
    ("component", "kind", "name"),
    [(one, kind, name) for one, kinds in RIGHT.items() for kind, names in kinds.items() for name in names],
)
def test_each_setting_that_differs_is_found_with_both_values(
    component: str, kind: str, name: str, recorded: Recorded
) -> None:
    declared: Settings = {**RIGHT[component], kind: {**RIGHT[component][kind], name: "another"}}
    (said,) = [one for one in found(component, recorded, declared) if "nothing declares it" not in one]
    has = effective(component, recorded)[kind][name]
    assert said.startswith(f"{kind} {name} is {has or 'empty'}, declared another (next: ")
    assert said.endswith(", on host-1)")
    assert "{" not in said


def test_a_setting_that_is_not_reported_is_found(recorded: Recorded) -> None:
    (said,) = found("memcached", recorded, {"setting": {"lost": "1"}})
    assert said.startswith("setting lost is not there, declared 1 (next: ")


def test_what_nothing_declares_is_found_where_all_must_be_declared(recorded: Recorded) -> None:
    """An account, a permission or a policy that somebody has made works as well as a declared one."""
    none: Settings = {**RIGHT["rabbitmq"], "user": {}, "permission": {}}
    user, permission = found("rabbitmq", recorded, none)
    assert user.startswith("user openstack is there (tags: none), and nothing declares it (next: rabbitmqctl")
    assert permission.startswith("permission openstack on / is there (configure .* write .* read .*), and")


def test_a_server_of_haproxy_is_told_with_all_that_its_socket_could_change(recorded: Recorded) -> None:
    servers = effective("haproxy", recorded)["server"]
    assert {
        name: value for name, value in servers.items() if name.startswith("identity/identity-blue-1 ")
    } == {
        "identity/identity-blue-1 address": "10.177.192.96:5000",
        "identity/identity-blue-1 weight": "1",
        "identity/identity-blue-1 check": "at port 5000",
        "identity/identity-blue-1 rise": "1",
        "identity/identity-blue-1 fall": "2",
        "identity/identity-blue-1 maxconn": "2",
        "identity/identity-blue-1 use": "active",
    }
    assert servers["database/database-2 use"] == "backup"
    assert servers["database/database-1 maxconn"] == "none"


@pytest.mark.parametrize(
    ("was", "now", "name", "value"),
    [
        ("database-1 10.177.192.24 2 0 1 1", "database-1 10.177.192.24 2 0 9 1", "weight", "9"),
        ("database-1 10.177.192.24", "database-1 10.177.192.99", "address", "10.177.192.99:3306"),
        (" 15 3 2 6 ", " 15 3 2 2 ", "check", "off"),
        (" 15 3 2 6 ", " 15 3 2 14 ", "check", "off"),
    ],
)
def test_what_was_changed_at_the_socket_of_haproxy_shows(
    recorded: Recorded, was: str, now: str, name: str, value: str
) -> None:
    text = recorded("effective/haproxy.txt")
    assert was in text
    assert haproxy.parse(text.replace(was, now, 1))["server"][f"database/database-1 {name}"] == value


def test_no_password_is_among_the_settings_of_redis(recorded: Recorded) -> None:
    text = recorded("effective/redis.txt")
    assert "a-made-up-password" in text
    assert "a-made-up-password" not in str(effective("redis", recorded))


@pytest.mark.parametrize("component", ANSWERS)
def test_half_an_answer_is_refused_or_lacks_settings(component: str, recorded: Recorded) -> None:
    text = recorded(f"effective/{ANSWERS[component]}")
    try:
        half = reports(component).parse(text[: len(text) // 2 - 7])
    except ReadingFailed:
        return
    whole = effective(component, recorded)
    lacking = list(settings.judge("host-1", reports(component), half, whole))
    assert lacking
    assert all("is not there, declared" in one.what for one in lacking)


@pytest.mark.parametrize("component", ANSWERS)
def test_each_component_has_a_script_and_shows_each_kind(component: str, recorded: Recorded) -> None:
    host = FakeHost()
    assert reports(component).script(host)
    assert set(effective(component, recorded)) == set(reports(component).shows)
    assert set(reports(component).whole) <= set(reports(component).shows)


def test_values_are_compared_as_their_programs_mean_them() -> None:
    assert same_variable("64M", "67108864")
    assert same_variable("PT0.5S", "PT0.500S")
    assert not same_variable("64M", "64")
    assert not same_variable("ON", "1S")
    assert same_of_redis("64mb", "67108864")
    assert same_of_redis("1k", "1000")
    assert not same_of_redis("everysec", "always")
    assert same_of_broker("200MB", "200000000")
    assert same_of_broker("1GiB", "1073741824")
    assert not same_of_broker("none", "coarse")


def test_what_ovn_refuses_is_no_answer() -> None:
    with pytest.raises(ReadingFailed, match="unknown database"):
        ovsdb.parse('[{"id": 0, "result": null, "error": "unknown database"}]', 1)
    with pytest.raises(ReadingFailed, match="1 answers of 2"):
        ovsdb.parse('[{"id": 0, "result": [], "error": null}]', 2)
    assert ovsdb.rows([{"rows": []}]) == []
    for result in (None, [], [{"error": "no"}]):
        with pytest.raises(ReadingFailed):
            ovsdb.rows(result)


def test_findings_are_told_with_their_number_and_nothing_compared_is_no_pass() -> None:
    many = [Finding(f"f{number}", "look") for number in range(7)]
    told = observed([*many, many[0]], ["well"])
    assert not told.holds
    assert told.seen.startswith("f0 (next: look); f1 ")
    assert told.seen.endswith("; and 2 more")
    assert observed([], ["one", "", "two"]).seen == "one, two"
    assert not observed([], ["", ""]).holds
