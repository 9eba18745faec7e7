"""Whether hosts have the same in effect, and what their manifests declare of them as a whole."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from suites_sample import Recorded

from suites.harness.loading import loaded
from suites.harness.reports import Reports
from suites.readings.effective import agreement, asking, wide
from suites.seam.declared import Declared, DeclaredFile
from suites.seam.target import TargetHost


def databases() -> Reports:
    found = loaded("suites", "galera").reports
    assert found is not None
    return found


def member(name: str, number: int) -> TargetHost:
    return TargetHost(f"{name}-{number}", name, "shared", f"10.177.192.{23 + number}", (name,), ("true",))


def of_databases(recorded: Recorded, **changed: str) -> dict[str, agreement.Values]:
    parse = databases().parse
    values = {}
    for number in (2, 3):
        read = parse(recorded(f"effective/database-{number}.tsv"))
        more = changed if number == 3 else {}
        values[f"database-{number}"] = agreement.reported(
            member("database", number), {**read, "variable": {**read["variable"], **more}}
        )
    return values


def differing(values: dict[str, agreement.Values]) -> list[str]:
    how = databases()
    return [str(one) for one in agreement.judge(values, agreement.shown(how, ()), how.of_each)]


def test_real_members_agree_in_all_but_what_is_of_each(recorded: Recorded) -> None:
    values = of_databases(recorded)
    assert len(values["database-2"]) > 80
    assert differing(values) == []


def test_a_setting_that_nobody_declares_and_one_member_has_otherwise_is_found(recorded: Recorded) -> None:
    (said,) = differing(of_databases(recorded, sort_buffer_size="1024"))
    assert said.startswith(
        "variable sort_buffer_size differs: 2097152 on database-2, 1024 on database-3 (next: "
    )
    (said,) = differing(of_databases(recorded, new_one="1"))
    assert "not there on database-2, 1 on database-3" in said


def test_a_hosts_own_name_and_address_are_no_difference_and_longer_ones_are() -> None:
    host = member("database", 1)
    assert (
        agreement.own(host, "10.177.192.24:3306 rabbit@database-1") == "<its address>:3306 rabbit@<its name>"
    )
    other = "10.177.192.241 210.177.192.24 database-10"
    assert agreement.own(host, other) == other


def test_units_limits_kernel_mtu_and_packages_of_hosts_are_compared(recorded: Recorded) -> None:
    one = asking.parse(recorded("effective/loadbalancer.json"))
    host = replace(member("loadbalancer", 1), address="10.177.192.17", name="loadbalancer-2")

    def values(effective: asking.Effective) -> agreement.Values:
        units = agreement.running(host, effective, ["haproxy.service"])
        return units | agreement.wide(host, effective)

    unit = one.units["haproxy.service"]
    assert unit.process is not None
    slow = replace(unit, process=replace(unit.process, limits={**unit.process.limits, "nice": "19"}))
    variables = replace(unit, process=replace(unit.process, environment=("OS_DEFAULT__DEBUG",)))
    changes: list[tuple[str, dict[str, Any]]] = [
        ("haproxy.service environment differs", {"units": {**one.units, "haproxy.service": variables}}),
        ("haproxy.service nice differs", {"units": {**one.units, "haproxy.service": slow}}),
        ("interface MTU differs", {"interfaces": {"10.177.192.17": {"MTU": "1400", "queue": "noqueue"}}}),
        ("interface queue differs", {"interfaces": {"10.177.192.17": {"MTU": "1500", "queue": "netem"}}}),
        ("network routes differs", {"routes": (*one.routes, "blackhole 10.177.192.24")}),
        ("kernel vm.swappiness differs", {"kernel": {**one.kernel, "vm.swappiness": "1"}}),
        ("package haproxy differs", {"packages": {**one.packages, "haproxy": "9"}}),
    ]
    for said, changed in changes:
        two = {"a": values(one), "b": values(replace(one, **changed))}
        (only,) = agreement.judge(two, agreement.shown(None, ["haproxy.service"]))
        assert only.what.startswith(said)


def test_machines_may_name_their_interfaces_as_they_like_and_be_in_other_networks_too(
    recorded: Recorded,
) -> None:
    """Machines that exist already: one has another card, a network for backups, and guests."""
    one = asking.parse(recorded("effective/loadbalancer.json"))
    host = replace(member("loadbalancer", 1), address="10.177.192.17")

    def values(name: str, *routes: str) -> agreement.Values:
        queue = "mq" if name == "ens3" else "fq_codel"
        is_of = {host.address: {"name": name, "MTU": "1500", "queue": queue}}
        return agreement.wide(host, replace(one, interfaces=is_of, routes=routes))

    net = "10.177.192.0/24 dev {} proto kernel scope link src 10.177.192.17"
    first = values("eth0", net.format("eth0"), "default via 10.9.0.1 dev mgmt0")
    others = ("192.168.122.0/24 dev virbr0 proto kernel scope link linkdown", "default via 10.9.0.1 dev ens9")
    second = values("ens3", *others, net.format("ens3"))
    assert list(agreement.judge({"a": first, "b": second}, agreement.shown(None, ()))) == []
    third = values("ens3", net.format("ens9"), "default via 10.9.0.1 dev ens9")
    (said,) = agreement.judge({"a": first, "b": third}, agreement.shown(None, ()))
    assert said.what.startswith("network routes differs")
    instances = {"a": {("instance", "interface"): "eth0"}, "b": {("instance", "interface"): "ens3"}}
    how = loaded("suites", "keepalived").reports
    assert how is not None
    told: Mapping[str, agreement.Values] = {name: dict(one) for name, one in instances.items()}
    assert list(agreement.judge(told, agreement.shown(how, ()), how.of_each)) == []


def test_limits_of_a_unit_that_has_no_process_are_not_compared(recorded: Recorded) -> None:
    one = asking.parse(recorded("effective/loadbalancer.json"))
    stopped = replace(one.units["haproxy.service"], state="inactive", process=None)
    two = replace(one, units={"haproxy.service": stopped})
    host = member("loadbalancer", 1)
    values = {
        name: agreement.running(host, has, ["haproxy.service"]) for name, has in {"a": one, "b": two}.items()
    }
    assert list(agreement.judge(values, {})) == []


def test_what_a_host_has_as_a_whole_is_compared_with_its_manifest(recorded: Recorded) -> None:
    effective = asking.parse(recorded("effective/loadbalancer.json"))
    path = "/etc/haproxy/haproxy.cfg"
    seen = effective.files[path]
    assert seen is not None
    right = Declared(
        files={path: DeclaredFile(seen.sha256)},
        users={"haproxy": (106, None)},
        names={"database-1": "10.177.192.24", "unknown-1": "10.177.192.99"},
        kernel={"net.ipv4.ip_nonlocal_bind": "1"},
    )

    def judged(declared: Declared | None) -> list[str]:
        host = replace(member("loadbalancer", 1), declared=declared)
        return [str(one) for one in wide.judge(host, effective, "staging")]

    assert judged(right) == judged(None) == []
    wrong: Mapping[str, dict[str, Any]] = {
        "is not as declared (next: promote plan --stage staging)": {"files": {path: DeclaredFile("0")}},
        "is missing (next: promote plan --stage staging)": {"files": {"/etc/lost": DeclaredFile("0")}},
        "haproxy has the numbers 106 and 108, declared are 106 and 7": {"users": {"haproxy": (106, 7)}},
        "there is no account nobody-1": {"users": {"nobody-1": (1, 1)}},
        "net.ipv4.ip_nonlocal_bind is 1, declared 0": {"kernel": {"net.ipv4.ip_nonlocal_bind": "0"}},
        "database-1 resolves to 10.177.192.24, declared 10.0.0.1": {"names": {"database-1": "10.0.0.1"}},
        "its own name does not resolve": {"names": {"loadbalancer-1": "10.177.192.24"}},
    }
    for said, changed in wrong.items():
        if "own name" in said:
            effective = replace(effective, names={})
        (only,) = judged(replace(right, **changed))
        assert said in only


def test_a_cache_that_was_told_to_forget_all_has_the_settings_of_the_others(recorded: Recorded) -> None:
    how = loaded("suites", "memcached").reports
    assert how is not None
    text = recorded("effective/memcached.txt")
    values = {
        host: agreement.reported(member("identity", number), how.parse(one))
        for number, (host, one) in enumerate(
            {"a": text, "b": text.replace("STAT oldest 0", "STAT oldest 563")}.items(), start=1
        )
    }
    assert list(agreement.judge(values, agreement.shown(how, ()), how.of_each)) == []
