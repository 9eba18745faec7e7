"""Which checks must run after a change: the inputs of stages and the watches of suites, together."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from yaml_maps import merged

from stages.draft import Draft, draft
from stages.machine.site import Site
from stages.machine.substrates.lab import Lab
from stages.requests.inputs import inputs
from stages.requests.roster import roster
from suites.harness.watches import watches

ROOT = Path(__file__).parents[2]
STAGE = "staging"
IMAGE = "sha256:1"

# By role, a setting that no other role's manifest has, and the checks of failover and of api that must run
# again. The evidence of the others may be reused.
LEFT = {
    "volume-api": ("cache_timeout: 200ms", {"memcached/gone"}, set()),
    "coordination": ("max_memory: 65mb", {"memcached/gone", "redis/*"}, set()),
    "image": (
        "cache_timeout: 200ms",
        {"memcached/gone", "glance/*", "nova-conductor/killed"},
        {"glance/*", "nova-api/servers", "nova-api/server_*", "nova-api/security_groups", "neutron/routers"},
    ),
}


def drawn(config: Path) -> Draft:
    return draft(config, STAGE, "3fa2c1")


def resting(made: Draft, gate: str) -> dict[str, Any]:
    levers = Lab(Site(Path("/nowhere"), made.blueprint.site), made.blueprint).levers
    return inputs(made, made.config.gates[gate], IMAGE, levers)


def to_run(before: Draft, after: Draft, gate: str) -> tuple[set[str], set[str]]:
    """The checks of the gate that look at anything whose inputs changed; and all of them."""
    one, other = (resting(made, gate) for made in (before, after))
    changed = {name for name in one if one[name]["digest"] != other[name]["digest"]}
    asked = roster(after.config.gates[gate], after.blueprint)
    checks = {f"{entry['component']}/{entry['check']}" for entry in asked}
    looked_at = watches(ROOT / "suites", gate)
    return {check for check in checks if changed & {check.split("/")[0], *looked_at.get(check, ())}}, checks


def spelled(patterns: Iterable[str], checks: Iterable[str]) -> set[str]:
    return {check for check in checks for pattern in patterns if Path(check).match(pattern)}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "config", tmp_path / "config")


def with_setting(config: Path, role: str, setting: str) -> Draft:
    file = config / f"stages/{STAGE}.yaml"
    own = merged(yaml.safe_load(file.read_text()), {"settings": {role: yaml.safe_load(setting)}})
    file.write_text(yaml.safe_dump(own, sort_keys=False))
    return drawn(config)


@pytest.mark.parametrize(("role", "left"), LEFT.items())
def test_a_changed_setting_leaves_what_looks_at_it(
    config: Path, role: str, left: tuple[str, set[str], set[str]]
) -> None:
    setting, failover, api = left
    before, after = drawn(ROOT / "config"), with_setting(config, role, setting)
    for gate, wanted in (("failover", failover), ("api", api)):
        again, checks = to_run(before, after, gate)
        assert again == spelled(wanted, checks)


def test_a_setting_of_cinder_leaves_most_of_smoke_to_be_reused(config: Path) -> None:
    again, checks = to_run(
        drawn(ROOT / "config"), with_setting(config, "volume-api", "cache_timeout: 200ms"), "smoke"
    )
    wanted = (
        "cinder/*",
        "memcached/*",
        # They look at every server behind the load balancers, every queue, every pool of connections.
        "haproxy/every_server_is_up",
        "haproxy/servers_are_the_hosts",
        "haproxy/servers_stay_up",
        "haproxy/journal*",
        "rabbitmq/queues_are_quorum",
        "rabbitmq/queues_have_leaders",
        "rabbitmq/consumers_on_every_rpc_queue",
        "rabbitmq/journal",
        "nova-api/no_pool_exhausted",
        "rabbitmq/inventory_is_noted",
        "keepalived/vip_answers",  # at the endpoint of each service
        # The hosts' caches are among what these name.
        *(
            f"{name}/all_it_names_answers"
            for name in ("glance", "keystone", "neutron", "nova-api", "placement")
        ),
    )
    assert again == spelled(wanted, checks)
    assert len(again) < len(checks) / 4


@pytest.mark.parametrize("gate", ["smoke", "failover", "api"])
@pytest.mark.parametrize("role_and_setting", ["loadbalancer maxconn: 2001", "database max_connections: 1001"])
def test_a_change_of_what_is_beneath_all_leaves_every_check(
    config: Path, role_and_setting: str, gate: str
) -> None:
    role, _, setting = role_and_setting.partition(" ")
    again, checks = to_run(drawn(ROOT / "config"), with_setting(config, role, setting), gate)
    assert again == checks
