"""What a verdict rests on: which components have other inputs after which change. On the shipped config."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from config_sample import append, replace
from stage_sample import IMAGE, OLD_IMAGE, SHIPPED, SITE, all_well, altered, blueprint, planned

from stages.design.reliance import BENEATH_ALL, rests_on
from stages.draft import Draft, draft
from stages.machine import suites_code
from stages.machine.site import Site
from stages.machine.substrates.lab import Lab
from stages.requests.inputs import inputs
from stages.roles import ROLES, load

STAGE = "prod"
WHOLE = f"whole-{STAGE}"
EVERY = frozenset(name for role in ROLES for name in load(role).components)
# No host of the shipped stages carries it, so it rests on nothing that a role has.
CARRIED = EVERY - {"mongodb"}
# On every compute-api host, and those whose role needs that one.
NOVA = frozenset({"nova-api", "nova-conductor", "nova-scheduler", "placement"})
COMPUTE = frozenset({"nova-compute", "ovn-controller"})

# A setting of each role, changed in one stage, and the components whose inputs are others then: those of the
# role itself, and those of the roles that need it. The memcached of five roles is one component.
CHANGES: Mapping[str, tuple[str, frozenset[str]]] = {
    # Beneath all: the load balancer and the database, whether a component uses them or not.
    "loadbalancer": ("maxconn: 2001", CARRIED),
    "database": ("max_connections: 1001", CARRIED),
    # Needed by whoever gets work from the bus.
    "messaging": (
        "wal_megabytes: 33",
        frozenset({"rabbitmq", "neutron", "cinder", "memcached"}) | NOVA | COMPUTE,
    ),
    # Only Cinder takes locks.
    "coordination": ("max_memory: 65mb", frozenset({"redis", "cinder", "memcached"})),
    # All services let Keystone validate tokens.
    "identity": (
        "password_hash_rounds: 5",
        frozenset({"keystone", "glance", "neutron", "cinder", "memcached"}) | NOVA | COMPUTE,
    ),
    "image": ("cache_timeout: 200ms", frozenset({"glance", "memcached"}) | COMPUTE),
    "compute-api": ("cache_timeout: 200ms", frozenset({"memcached"}) | NOVA | COMPUTE),
    "network-api": ("cache_timeout: 200ms", frozenset({"neutron", "memcached"}) | COMPUTE),
    "volume-api": ("cache_timeout: 200ms", frozenset({"cinder", "memcached"})),
    "compute": ("debug: true", COMPUTE),
    "ovn": ("inactivity_probe: 61s", frozenset({"ovn", "neutron", "memcached"}) | COMPUTE),
    "object-store": ("memcached_memory: 17", frozenset({"swift", "glance", "memcached"}) | COMPUTE),
}


def drawn(config: Path) -> Draft:
    return draft(config, STAGE, SITE)


def resting(made: Draft, gate: str, image: str | None) -> dict[str, Any]:
    levers = Lab(Site(Path("/nowhere"), made.blueprint.site), made.blueprint).levers
    return inputs(made, made.config.gates[gate], image, levers)


def of(config: Path = SHIPPED, gate: str = "smoke", image: str | None = IMAGE) -> dict[str, Any]:
    made = drawn(config)
    return resting(made, gate, image)


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> frozenset[str]:
    """The components whose digests are not equal."""
    assert set(one) == set(other) == EVERY
    return frozenset(name for name in one if one[name]["digest"] != other[name]["digest"])


def with_setting(config: Path, role: str, setting: str) -> Path:
    append(config, f"stages/{STAGE}.yaml", f"\nsettings:\n  {role}:\n    {setting}\n")
    return config


def test_the_table_of_changes_has_every_role_of_the_stage() -> None:
    assert set(CHANGES) == set(drawn(SHIPPED).blueprint.roles)


@pytest.mark.parametrize(("role", "setting", "wanted"), [(role, *change) for role, change in CHANGES.items()])
def test_a_changed_setting_changes_the_inputs_of_what_rests_on_it(
    config: Path, role: str, setting: str, wanted: frozenset[str]
) -> None:
    assert differing(of(), of(with_setting(config, role, setting))) == wanted


def test_more_threads_of_one_service_change_what_the_load_balancer_lets_in_and_so_everything(
    config: Path,
) -> None:
    assert differing(of(), of(with_setting(config, "volume-api", "threads: 2"))) == CARRIED


def test_nothing_is_equal_with_another_image_or_another_gate() -> None:
    assert differing(of(), of(image=OLD_IMAGE)) == EVERY
    assert differing(of(), of(image=None)) == EVERY
    assert differing(of(), of(gate="api")) == EVERY


@pytest.mark.parametrize(("old", "new"), [("within: 3m", "within: 181s"), ("some_serve, ", "")])
def test_nothing_is_equal_when_anything_of_the_gate_was_changed(config: Path, old: str, new: str) -> None:
    path = config / "gates.yaml"
    path.write_text(path.read_text().replace(old, new))
    assert differing(of(), of(config)) == EVERY


def test_nothing_is_equal_with_other_suites_or_another_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    before = of()
    monkeypatch.setattr(suites_code, "digest", lambda: "another")
    assert differing(before, of()) == EVERY


def test_one_host_more_is_another_stage_for_what_rests_on_its_role(config: Path) -> None:
    replace(config, f"stages/{STAGE}.yaml", "compute: 2 #", "compute: 3 #")
    changed = of(config)
    # compute-3 is in the manifest of no other role's host.
    assert differing(of(), changed) == COMPUTE
    assert "compute-3" in changed["nova-compute"]["hosts"]


def test_equal_inputs_are_equal_wherever_the_config_is_and_differ_between_stages_and_sites(
    config: Path,
) -> None:
    assert of() == of(config)
    for stage, site in (("staging", SITE), (STAGE, "3fa2c2")):
        assert differing(of(), resting(draft(SHIPPED, stage, site), "smoke", IMAGE)) == CARRIED


def test_the_hosts_are_all_that_carry_anything_that_a_component_rests_on() -> None:
    found = of()

    def roles_of(component: str) -> set[str]:
        return {drawn(SHIPPED).blueprint.host(name).role for name in found[component]["hosts"]}

    assert found["mongodb"]["hosts"] == []
    assert roles_of("redis") == {*BENEATH_ALL, "coordination"}
    assert roles_of("cinder") == {*BENEATH_ALL, "coordination", "identity", "messaging", "volume-api"}
    assert roles_of("glance") == {*BENEATH_ALL, "identity", "image", "object-store"}
    # Nova's hosts make servers with nearly everything; Cinder has no part in them.
    assert roles_of("nova-compute") == set(drawn(SHIPPED).blueprint.roles) - {"coordination", "volume-api"}
    assert all(value["hosts"] == sorted(value["hosts"]) for value in found.values())


def test_a_stage_without_load_balancers_rests_on_what_it_has() -> None:
    roles = {
        name: role for name, role in drawn(SHIPPED).blueprint.roles.items() if name in {"ovn", "database"}
    }
    assert rests_on(roles, "ovn") == ("database", "ovn")
    assert rests_on(roles, "haproxy") == ()


@pytest.mark.parametrize("role", ["volume-api", "image", "coordination", "compute"])
def test_a_changed_manifest_takes_steps_on_hosts_of_its_own_role_alone(role: str) -> None:
    """Or evidence about other components could never be reused: their hosts were touched."""
    own = [host.name for host in blueprint(WHOLE).everywhere(role)]
    plan = planned(altered(all_well(WHOLE), *own, changes=("change file /etc/x",)), WHOLE)
    hosts = {step.host for step in plan.steps}
    # Compute hosts are discovered, and waited for, on a host of Nova's; a broker deletes queues left over.
    wanted = {*own, "compute-api-blue-1", "messaging-1"} if role == "compute" else set(own)
    assert hosts == wanted


def tree(root: Path, files: Iterable[tuple[str, str]]) -> str:
    for name, text in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return suites_code.digest(root)


def test_the_suites_are_their_names_and_contents_and_their_lock_but_not_what_is_compiled(
    tmp_path: Path,
) -> None:
    written = [("suites/a.py", "1"), ("suites/b/c.j2", "2"), ("requirements/runtime.txt", "3")]
    first = tree(tmp_path / "1", written)
    beside = [("suites/__pycache__/a.pyc", "x"), ("stages/a.py", "x"), ("config/gates.yaml", "x")]
    assert tree(tmp_path / "2", [*reversed(written), *beside]) == first
    others = [
        [("suites/a.py", "1"), ("suites/b/c.j2", "0"), written[2]],
        [("suites/d.py", "1"), *written[1:]],
        [*written[:2], ("requirements/runtime.txt", "4")],
        written[:2],
        [*written, ("suites/pytest.ini", "")],
    ]
    digests = [tree(tmp_path / f"other-{number}", files) for number, files in enumerate(others)]
    assert len({first, *digests}) == 1 + len(others)
