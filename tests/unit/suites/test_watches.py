"""What each check looks at besides its own component, from what the suites declare."""

import ast
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from programs import ended
from suites_sample import REPOSITORY, Sample

from stages.config import read
from suites.errors import SuiteMisplaced
from suites.harness.layout import GATES, OF_FAULTS, Place, folder_of
from suites.harness.loading import loaded, tempest_groups, tempest_looks_at
from suites.harness.watches import COMES_BACK, DECLARED, watches
from suites.probes.order import APIS
from suites.probes.spec import LOADS, SERVERS, TOKENS, VIP, Kind

SUITES = REPOSITORY / "suites"
COMPONENTS = Place(SUITES, "smoke", None).components
# Asked by their addresses, not through the load balancers.
GENERIC = {
    *("healthy", "versions", "clock", "disk", "data_is_its_own", "journal", "journal_patterns_used"),
    *("runs_as_declared", "hosts_agree"),
}
DIRECT = {Kind.AMQP, Kind.REDIS, Kind.CALL, Kind.CHASSIS}
NEUTRON = ("host_lost", "api_frozen", "rpc_server_killed", "maintenance_killed")
CINDER = ("host_lost", "api_frozen", "scheduler_killed")

# Whom the SQL probe asks, which always runs, and who takes part in a token.
SQL = {"galera", "haproxy", "keepalived"}
TOKEN = {*SQL, "keystone"}
OF_FAULTS_BY_PROBES = {
    "keepalived/holder_lost": TOKEN,
    "keepalived/killed_on_holder": TOKEN,
    "haproxy/frozen_on_holder": TOKEN,
    "galera/writer_killed": TOKEN,
    "galera/writer_frozen": TOKEN,
    "galera/bystander_killed": TOKEN,
    "galera/bystander_full": TOKEN,
    "galera/writer_cut_off": TOKEN,
    "galera/writer_thawed": TOKEN,
    "galera/writer_and_holder_lost": TOKEN,
    "galera/bystander_lost": TOKEN,
    "galera/bystander_without_files": TOKEN,
    "galera/parted_in_three": TOKEN,
    "keepalived/cut_off": TOKEN,
    "keystone/api_frozen": TOKEN,
    "keystone/host_slow": TOKEN,
    "keystone/host_lost": TOKEN,
    "memcached/gone": TOKEN,
    "memcached/all_gone": TOKEN,
    "rabbitmq/killed": SQL,
    "rabbitmq/host_lost": SQL,
    "rabbitmq/cut_off": SQL,
    "rabbitmq/follower_lost": SQL,
    "rabbitmq/all_killed": SQL,
    "redis/master_killed": SQL,
    "redis/master_frozen": SQL,
    "redis/master_lost": SQL,
    "redis/master_cut_off": SQL,
    "redis/replica_lost": SQL,
    "redis/all_killed": SQL,
    "glance/host_lost": {*TOKEN, "swift"},
    "glance/api_frozen": {*TOKEN, "swift"},
    "glance/store_gone": {*TOKEN, "swift"},
    "glance/store_frozen": {*TOKEN, "swift"},
    "nova-api/host_lost": TOKEN,
    "nova-api/api_frozen": TOKEN,
    "nova-conductor/killed": SERVERS,
    "nova-scheduler/killed": SERVERS,
    "placement/api_frozen": TOKEN,
    **dict.fromkeys((f"neutron/{name}" for name in NEUTRON), TOKEN),
    **dict.fromkeys((f"cinder/{name}" for name in CINDER), TOKEN),
    "ovn/northd_killed": {*SQL, "ovn-controller"},
    "ovn/leader_cut_off": {*SQL, "ovn-controller"},
    "ovn-controller/killed": {*SQL, "ovn"},
}


def others(gate: str) -> dict[str, set[str]]:
    """By check, what it looks at besides its own component."""
    return {check: set(names) - {check.split("/")[0]} for check, names in watches(SUITES, gate).items()}


def test_every_gate_has_a_place_where_components_declare_it() -> None:
    assert set(DECLARED) == GATES


@pytest.mark.parametrize("kind", Kind)
def test_every_probe_says_who_takes_part_in_its_answer(kind: Kind) -> None:
    load = LOADS[kind]
    assert load.component in load.through
    assert load.through <= set(COMPONENTS)
    assert (load.through >= VIP) is (kind not in DIRECT)
    # Whoever asks an API shows a token; creating a server takes an image, and most of the stage.
    if kind in APIS:
        assert load.through > TOKENS
    if kind is Kind.SERVER:
        assert (
            load.through > LOADS[Kind.IMAGE].through | LOADS[Kind.COMPUTE].through | LOADS[Kind.AMQP].through
        )


def test_faults_look_at_what_their_probes_ask_sql_always_and_at_what_they_take_down() -> None:
    assert others("failover") == {
        check: names - {check.split("/")[0]} for check, names in OF_FAULTS_BY_PROBES.items()
    }


def test_checks_of_apis_look_at_what_their_tests_ask() -> None:
    found = others("api")
    for component in ("keystone", "glance", "nova-api", "neutron"):
        assert set(tempest_looks_at("suites", component)) == set(tempest_groups("suites", component))
    assert found["keystone/tokens"] == TOKENS - {"keystone"}
    assert found["glance/images"] >= {"swift", "keystone"}
    assert found["neutron/ports"] == TOKENS | {"ovn", "rabbitmq"}
    assert found["neutron/routers"] == found["neutron/ports"] | {"ovn-controller"}
    assert found["nova-api/servers"] == SERVERS - {"nova-api"}
    assert found["nova-api/security_groups"] >= {"neutron"}
    assert found["nova-api/flavors"] == TOKENS


def test_a_restart_looks_at_those_that_its_component_does_its_job_with() -> None:
    found = others("restart")
    assert {check.split("/")[1] for check in found} == {COMES_BACK}
    assert found["rabbitmq/comes_back"] >= {"nova-compute", "neutron", "cinder"}
    assert found["haproxy/comes_back"] >= {"galera", "keystone", "cinder"}
    assert found["ovn-controller/comes_back"] == {"ovn"}
    # A row on every node, a value read back: nothing but these.
    assert not {"galera/comes_back", "memcached/comes_back", "redis/comes_back"} & set(found)


def test_what_crosses_between_colours_looks_at_who_takes_part() -> None:
    found = others("neighbours")
    assert found["keystone/tokens_cross"] == TOKENS - {"keystone"}
    assert found["glance/images_cross"] == {*TOKENS, "swift"}
    assert found["nova-api/servers_cross"] == SERVERS - {"nova-api"}
    assert found["nova-conductor/conductors_work_for_both"] == SERVERS - {"nova-conductor"}
    assert found["neutron/networks_cross"] == TOKENS | {"ovn", "rabbitmq"}
    # Each logs in, at least.
    wanted = read(REPOSITORY / "config").gates["neighbours"].once
    assert set(found) == {f"{name}/{check}" for name, checks in wanted.items() for check in checks}


@pytest.mark.parametrize("gate", sorted(GATES))
def test_what_is_declared_are_checks_of_the_gate_and_components_that_there_are(gate: str) -> None:
    wanted = read(REPOSITORY / "config").gates[gate]
    checks = {
        f"{component}/{check}"
        for part in (wanted.each_host, wanted.once)
        for component, names in part.items()
        for check in names
    }
    # Not in the gate, but to be made by hand; a fault is in the one gate of faults, or in the other.
    by_hand = {f"{name}/{case.name}" for name in COMPONENTS for case in loaded("suites", name).faults}
    by_hand |= {f"{name}/{check}" for name in COMPONENTS for check in loaded("suites", name).looks_at}
    found = watches(SUITES, gate)
    assert set(found) <= checks | (by_hand if gate in {*OF_FAULTS, "final"} else set())
    assert {name for names in found.values() for name in names} <= set(COMPONENTS)
    assert all(list(names) == sorted(set(names)) and len(names) > 1 for names in found.values())
    assert all(check.split("/")[0] in names for check, names in found.items())


def defined(path: Path) -> dict[str, ast.stmt]:
    """The functions and constants of a module, but for the component itself; none if there is no file."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(path.read_text()).body if path.exists() else ():
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        if isinstance(node, ast.Assign):
            found |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
    return {name: node for name, node in found.items() if name != "COMPONENT"}


def texts(node: ast.stmt, known: Mapping[str, ast.stmt]) -> set[str]:
    """All texts in a part of a module, and in what else of the module it refers to."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            found.add(part.value)
        if isinstance(part, ast.Name) and part.id in known:
            rest = {name: other for name, other in known.items() if name != part.id}
            found |= texts(known[part.id], rest)
    return found


def undeclared(component: str, declared: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """By smoke check of a component, the other components that its code names and that are not declared."""
    folder = SUITES / "components" / folder_of(component)
    checks = defined(folder / "test_smoke.py")
    known = defined(folder / "component.py") | checks
    found = {}
    for name, node in checks.items():
        if name.startswith("test_"):
            check = f"{component}/{name.removeprefix('test_')}"
            named = texts(node, known) & set(COMPONENTS)
            found[check] = named - {component} - declared.get(check, set())
    return {check: missing for check, missing in found.items() if missing}


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_smoke_check_that_names_another_component_declares_it(component: str) -> None:
    assert undeclared(component, others("smoke")) == {}, "add them to looks_at in component.py"


@pytest.mark.parametrize("component", COMPONENTS)
def test_what_hosts_ask_and_is_a_component_is_declared(component: str) -> None:
    asked = set(loaded("suites", component).depends_on) & set(COMPONENTS)
    assert asked <= others("smoke").get(f"{component}/dependencies_answer", set())


def test_a_declaration_that_is_missing_would_be_seen() -> None:
    assert undeclared("nova-api", {})["nova-api/cells_are_mapped"] == {"galera", "nova-compute"}
    assert undeclared("rabbitmq", {})["rabbitmq/consumers_on_every_rpc_queue"] >= {"cinder", "neutron"}
    assert undeclared("neutron", {})["neutron/port_binds"] == {"ovn-controller"}


def test_smoke_checks_that_cross_components_say_so() -> None:
    found = others("smoke")
    assert found["nova-api/server_is_created"] == SERVERS - {"nova-api"}
    assert found["nova-api/no_pool_exhausted"] >= {"cinder", "memcached", "keystone", "galera"}
    assert found["haproxy/every_server_is_up"] >= {"galera", "cinder", "placement"}
    assert found["rabbitmq/journal"] >= {"cinder", "neutron"}
    assert found["neutron/port_binds"] >= {"ovn-controller"}
    # Versions, disks and clocks are those of the component's own hosts.
    assert not {
        check for check in found if check.split("/")[1] in GENERIC - {"journal", "journal_patterns_used"}
    }


def test_the_command_writes_one_line_and_imports_no_pytest() -> None:
    program = (
        "import sys; from suites.__main__ import main; status = main(['watches', '--gate', 'failover'])\n"
        "sys.exit(status or 'pytest' in sys.modules)"
    )
    done = ended(sys.executable, "-c", program, cwd=REPOSITORY)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    document = json.loads(line)
    assert document["protocol"] == 1
    assert document["watches"] == {check: list(names) for check, names in watches(SUITES, "failover").items()}


def test_an_unknown_gate_is_refused_with_those_that_there_are() -> None:
    argv = (sys.executable, "-m", "suites", "watches", "--gate", "speed")
    done = ended(*argv, cwd=REPOSITORY)
    assert (done.returncode, done.stdout) == (2, "")
    assert "'api', 'failover', 'final', 'load', 'matrix', 'neighbours', 'restart', 'smoke'" in done.stderr


def test_a_folder_without_its_component_is_told_and_nothing_is_written(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(sample.code))
    sample.write("components/broken/component.py", "COMPONENT = None\n")
    with pytest.raises(SuiteMisplaced, match=r"components/broken/component\.py must set COMPONENT"):
        watches(sample.code / "sample", "smoke")
