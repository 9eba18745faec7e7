"""A roster names what a gate must have seen, before any test has run."""

import ast
from pathlib import Path

import pytest
from stage_sample import blueprint, drafted, manifest

from stages.config import Gate
from stages.design.manifest import Wanted
from stages.requests.roster import ONCE, roster
from suites.harness.loading import loaded
from suites.restart.restarts import own, unclaimed

SUITES = Path(__file__).parents[3] / "suites"
GATE = Gate("smoke", 60.0, {"galera": ("healthy", "journal"), "keystone": ("healthy",)}, {"galera": ("one",)})


def test_each_check_is_wanted_on_every_host_that_carries_the_component() -> None:
    found = [(entry["component"], entry["host"], entry["check"]) for entry in roster(GATE, blueprint())]
    assert found == [
        *(("galera", f"database-{n}", check) for n in (1, 2, 3) for check in ("healthy", "journal")),
        *(("keystone", f"identity-blue-{n}", "healthy") for n in (1, 2)),
        ("galera", ONCE, "one"),
    ]


def test_a_component_that_no_host_carries_is_left_out() -> None:
    gate = Gate("smoke", 60.0, {"rabbitmq": ("healthy",)}, {"rabbitmq": ("one",), "galera": ("one",)})
    assert roster(gate, blueprint()) == [{"component": "galera", "host": ONCE, "check": "one"}]


def test_a_stage_without_volumes_has_no_neighbours_of_volumes() -> None:
    gate = drafted("whole-staging").config.gates["neighbours"]
    assert {"cinder", "neutron"} <= gate.once.keys()
    asked = {entry["component"] for entry in roster(gate, blueprint("whole-staging"))}
    assert asked == gate.once.keys()
    # Of coloured roles, the small stage has identity alone.
    assert {entry["component"] for entry in roster(gate, blueprint())} == {"haproxy", "keystone"}


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_the_shipped_gates_want_each_check_once_and_smoke_something_of_every_host(stage: str) -> None:
    drawn = blueprint(stage)
    hosts = {ONCE, *(host.name for host in drawn.hosts)}
    for name, gate in drafted(stage).config.gates.items():
        entries = [tuple(entry.values()) for entry in roster(gate, drawn)]
        assert len(set(entries)) == len(entries)
        wanted = {"smoke": hosts, "final": hosts, "restart": hosts - {ONCE}}.get(name, {ONCE})
        assert {host for _, host, _ in entries} == wanted


def test_every_check_that_the_shipped_gates_want_is_a_test_of_the_suites() -> None:
    gates = drafted("prod").config.gates
    generic = _tests(SUITES / "smoke")
    for wanted in (gates["smoke"].each_host, gates["smoke"].once, gates["neighbours"].once):
        for component, checks in wanted.items():
            assert set(checks) <= generic | _tests(SUITES / "components" / component.replace("-", "_")), (
                component
            )


def _tests(folder: Path) -> set[str]:
    trees = (ast.parse(path.read_text()) for path in folder.glob("test_*.py"))
    names = (node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return {name.removeprefix("test_") for name in names if name.startswith("test_")}


@pytest.mark.parametrize("host", [host.name for host in blueprint("whole-staging").hosts])
def test_every_unit_has_a_component_and_every_component_a_unit(host: str) -> None:
    drawn = blueprint("whole-staging")
    components = [loaded("suites", name) for name in drawn.roles[drawn.host(host).role].components]
    units = [unit.name for unit in manifest("whole-staging", host).units if unit.wanted is not Wanted.STOPPED]
    assert unclaimed(units, components) == ()
    assert [component.name for component in components if not own(units, component)] == []
