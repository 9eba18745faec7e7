"""What judgements say of what a seeded defect would make them read has the words that its test looks for."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import balance_defects as balance
import broker_defects as broker
import compute_defects as compute
import coordination_defects as coordination
import database_defects as database
import identity_defects as identity
import journal_defects as journals
import network_defects as network
import pytest
import store_defects as store
from observed import unmet
from seeding import Defect

from suites.components.galera import node
from suites.components.keystone import catalog
from suites.components.nova_api import cells
from suites.components.ovn import chassis, northd
from suites.components.placement import providers
from suites.components.rabbitmq import queues
from suites.harness.component import Kept
from suites.harness.loading import loaded
from suites.hosts.host import Output
from suites.hosts.reading import Observation, judge_units
from suites.openstack import named, own_queue, services
from suites.openstack.steps import Catalog, Offered
from suites.readings import journal, journal_gaps, ownership
from suites.readings.effective import settings
from suites.readings.effective.finding import observed
from suites.readings.journal import Line
from suites.readings.journal_gaps import File
from suites.seam.target import Target

ADDRESS = "10.1.0.9"
REMOTES = ",".join(f"tcp:10.1.0.{n}:6642" for n in (1, 2, 3))
IDENTITY_1 = "identity/identity-blue-1"
PRIORITY, MOST_REQUESTS, NO_CHECK, UNWATCHED, _ = balance.DEFECTS
MINUTE = timedelta(minutes=1)


# A defect, its component, a kind and a name of a setting, the value that is declared, and that in effect.
Set = tuple[Defect, str, str, str, str | None, str]
SETTINGS: tuple[Set, ...] = (
    (PRIORITY, "keepalived", "instance", "effective priority", "149", "100"),
    (MOST_REQUESTS, "haproxy", "server", f"{IDENTITY_1} maxconn", "2", "77"),
    (NO_CHECK, "haproxy", "server", f"{IDENTITY_1} check", "at port 5000", "off"),
    (database.FORGETFUL, "galera", "variable", "innodb_flush_log_at_trx_commit", "1", "2"),
    (database.READ_ONLY, "galera", "variable", "read_only", "OFF", "ON"),
    (database.PATIENT, "galera", "provider option", "evs.suspect_timeout", "PT2S", "PT3S"),
    (identity.SMALLER, "memcached", "setting", "maxbytes", "67108864", "33554432"),
    (network.ONE_REMOTE, "ovn-controller", "external id", "ovn-remote", REMOTES, REMOTES[:17]),
    (coordination.QUORUM, "redis", "sentinel", "quorum", "2", "1"),
    (coordination.SLOW_TO_SEE, "redis", "sentinel", "down-after-milliseconds", "2000", "30000"),
    (broker.MORE_RIGHTS, "rabbitmq", "user", "openstack", "tags: none", "tags: administrator"),
    (broker.STRANGER, "rabbitmq", "user", "seeded-9", None, "tags: none"),
    (broker.OTHER_LIMIT, "rabbitmq", "setting", "disk_free_limit.absolute", "200MB", "300000000"),
)


@pytest.mark.parametrize("case", SETTINGS, ids=lambda case: case[0].name)
def test_a_setting(case: Set) -> None:
    defect, component, kind, name, declared, effective = case
    reports = loaded("suites", component).reports
    assert reports is not None
    wanted = {kind: {} if declared is None else {name: declared}}
    seen = unmet(observed(settings.judge(defect.hosts, reports, {kind: {name: effective}}, wanted), ()))
    assert defect.is_seen(f"{component}/runs_as_declared", f"{defect.hosts}: {seen}")


@pytest.mark.parametrize(
    ("defect", "check", "unit", "port"),
    [
        (UNWATCHED, "keepalived/healthy", "haproxy-watch.service", None),
        (database.UNCHECKED, "galera/healthy", "galera-check.service", 9200),
        (identity.NO_CACHE, "memcached/healthy", "memcached.service", None),
        (coordination.NO_SENTINEL, "redis/healthy", "redis-sentinel.service", None),
        (coordination.NO_SCHEDULER, "cinder/healthy", "cinder-scheduler.service", 8776),
        (compute.NO_SCHEDULER, "nova-scheduler/healthy", "nova-scheduler.service", None),
        (store.NO_PRUNING, "glance/healthy", "glance-cache-pruner.timer", 9292),
        (store.NO_OBJECTS, "swift/healthy", "swift-object.service", 8080),
    ],
)
def test_a_unit_that_does_not_run(defect: Defect, check: str, unit: str, port: int | None) -> None:
    (reading,) = loaded("suites", check.partition("/")[0]).healthy(FakeAddress())
    units = reading.script.partition(";")[0].split()[2:]
    states = "\n".join("inactive" if one == unit else "active" for one in units)
    url = None if port is None else f"http://{ADDRESS}:{port}/"
    assert unit in units
    seen = unmet(judge_units(units, url, Output(0, f"{states}\n---\n200\n", "")))
    assert defect.is_seen(check, f"{defect.hosts}: {seen}")


class FakeAddress:
    """A host of which its name and address are asked alone."""

    name, address = "host-1", ADDRESS

    def ask(self, script: str, *, within: int = 20) -> Output:
        raise AssertionError(f"asked {script!r} within {within} s")

    def read(self, script: str, *, within: int = 20) -> str:
        raise AssertionError(f"asked {script!r} within {within} s")


def queue_of(topic: str, host: str) -> Observation:
    queue = own_queue.OwnQueue("", "", "", own_queue.ping(topic))
    return own_queue.took(queue, host, own_queue.Answer(error="MessagingTimeout: no reply"))


def name_of(name: str, why: str, *brokers: str) -> Observation:
    return named.all_answer({name: why, f"broker {ADDRESS}:5672: [DEFAULT]": "ok"}, brokers)


def belongs(path: str, account: str, to: str) -> Observation:
    return ownership.are_equal(Kept(path, account), ownership.Owners("108:109", "108:109", to))


def offered(*kinds: str) -> Observation:
    urls = {"image": f"http://{ADDRESS}:9292", "volume": f"http://{ADDRESS}:8776/v3"}
    found = [
        Offered(kind, interface, "RegionOne", urls["image" if kind == "image" else "volume"])
        for kind, interface in (one.split() for one in kinds)
    ]
    return catalog.is_exact(Catalog("RegionOne", tuple(found)), urls)


def listed(binary: str, host: str, *states: services.Service) -> Observation:
    return services.in_place([states], {binary: [host]})


COMPUTE, SCHEDULER = ("nova-compute", "compute-2"), ("cinder-scheduler", "volume-api-blue-1")
ALL = [f"{kind} {one}" for kind in ("image", "volumev3") for one in ("public", "internal", "admin")]
FEW = queues.Queue("/", "stagegate-seeded-few", "quorum", False, 0, 0, ("rabbit@b-1", "rabbit@b-2"))  # noqa: FBT003 - not exclusive
REFUSED = "ConnectionRefusedError: [Errno 111] Connection refused"
DENIED = "OperationalError: (1045, \"Access denied for user 'placement'@'10.1.0.9' (using password: YES)\")"
WRONG_URL = f"nova at http://{ADDRESS}:5009/v3: [cinder]"
SAID: Mapping[str, tuple[Defect, Callable[[], Observation]]] = MappingProxyType(
    {
        "nova-compute/own_queue_is_answered": (compute.FROZEN, lambda: queue_of("compute", "compute-2")),
        "nova-scheduler/own_queue_is_answered": (
            compute.NO_SCHEDULER,
            lambda: queue_of("scheduler", "compute-api-blue-1"),
        ),
        "cinder/own_queue_is_answered": (
            coordination.NO_SCHEDULER,
            lambda: queue_of("cinder-scheduler", "volume-api-blue-1"),
        ),
        "keystone/all_it_names_answers": (
            identity.OTHER_PORT,
            lambda: name_of(f"memcached {ADDRESS}:11212: [cache]", REFUSED),
        ),
        "neutron/all_it_names_answers": (
            identity.NO_CACHE,
            lambda: name_of(f"memcached {ADDRESS}:11211: [keystone_authtoken]", REFUSED),
        ),
        "placement/all_it_names_answers": (
            compute.NEXT_PASSWORD,
            lambda: name_of(f"database placement at {ADDRESS}: [placement_database]", DENIED),
        ),
        "nova-api/all_it_names_answers": (
            compute.WRONG_URL,
            lambda: name_of(WRONG_URL, f"URLError: {REFUSED}"),
        ),
        "cinder/all_it_names_answers": (
            coordination.ONE_LESS,
            lambda: name_of("one", "ok", ADDRESS, "10.1.0.8"),
        ),
        "swift/data_is_its_own": (store.OTHER_OWNER, lambda: belongs("/srv/node", "swift", "0:110")),
        "nova-compute/data_is_its_own": (
            compute.OTHER_GROUP,
            lambda: belongs("/var/lib/nova", "nova", "997:0"),
        ),
        "rabbitmq/data_is_its_own": (
            broker.OTHER_GROUP,
            lambda: belongs("/var/lib/rabbitmq", "rabbitmq", "108:0"),
        ),
        "rabbitmq/queues_are_quorum": (
            broker.FEWER,
            lambda: queues.of_the_right_type([FEW], ["b-1", "b-2", "b-3"]),
        ),
        "placement/resource_providers_are_the_computes": (
            compute.NO_HOST,
            lambda: providers.are(["compute-1", "seeded-9"], ["compute-1"]),
        ),
        "ovn/northd_is_active": (
            network.PAUSED,
            lambda: northd.one_active({"ovn-1": "active", "ovn-2": "paused", "ovn-3": "standby"}),
        ),
        "ovn/chassis_alive": (
            network.OTHER_NAME,
            lambda: chassis.registered([chassis.Chassis("seeded-9", 1)], ["compute-1"]),
        ),
        "nova-api/cells_are_mapped": (
            compute.UNMAPPED,
            lambda: cells.mapped(cells.Cells({cells.CELL0: "cell0", "c1": "one"}, {}), ["compute-2"]),
        ),
        "nova-api/services_are_up_and_stay": (
            compute.DISABLED,
            lambda: listed(*COMPUTE, services.Service(*COMPUTE, "up", enabled=False)),
        ),
        "cinder/scheduler_is_up": (
            coordination.TWICE,
            lambda: listed(*SCHEDULER, *[services.Service(*SCHEDULER, "up", enabled=True)] * 2),
        ),
    }
)


@pytest.mark.parametrize("check", SAID)
def test_a_check_of_one_component(check: str) -> None:
    defect, judgement = SAID[check]
    assert defect.is_seen(check, f"{defect.hosts}: {unmet(judgement())}")


def test_a_catalog() -> None:
    check = "keystone/catalog_is_exact"
    assert identity.DOUBLED.is_seen(check, unmet(offered(*ALL, "image admin")))
    assert identity.MISSING.is_seen(check, unmet(offered(*ALL[:-1])))


class Evs:
    """A node of which its evs options are asked alone."""

    def __init__(self, evs: Mapping[str, str]) -> None:
        self.evs = evs


def test_the_time_outs_of_a_database() -> None:
    nodes: Any = {f"database-{n}": Evs({"suspect_timeout": "PT2S"}) for n in (1, 2)}
    nodes["database-3"] = Evs({"suspect_timeout": "PT3S"})
    assert database.PATIENT.is_seen("galera/time_outs_agree", unmet(node.same_time_outs(nodes)))


def test_an_error_that_is_repeated(target: Target) -> None:
    at = target.deployed_at + MINUTE
    lines = [Line(at, "sh", "seeded: the other side does not answer")] * 40
    seen = unmet(journal.judge(loaded("suites", "cinder"), lines, target))
    assert journals.REPEATED.is_seen("cinder/journal", f"volume-api-blue-1: {seen}")


def test_a_journal_of_which_lines_are_gone(target: Target) -> None:
    began, now = target.deployed_at - MINUTE, target.settled_at + MINUTE
    units = loaded("suites", "neutron").units
    dropped = Line(now, "systemd-journald", f"Suppressed 17 messages from {journals.CHECK}")
    kept = journal_gaps.Kept((File("s", 1, began, now),), (dropped,))
    seen = unmet(journal_gaps.is_whole(kept, units, target))
    assert journals.SUPPRESSED.is_seen("neutron/journal", f"network-api-blue-1: {seen}")
    emptied = journal_gaps.Kept((File("s", 900, now, now),), ())
    seen = unmet(journal_gaps.is_whole(emptied, units, target))
    assert journals.EMPTIED.is_seen("ovn/journal", f"ovn-3: {seen}")
