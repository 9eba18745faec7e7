"""RabbitMQ, and Redis with its Sentinels: who may bootstrap their clusters, and what members are told."""

import re
from types import ModuleType

import pytest
from stage_sample import blueprint, content, manifest

from stages.design.manifest import Wanted
from stages.design.rendering import marked
from stages.roles.coordination import role as redis
from stages.roles.coordination.role import CLIENT, SENTINEL, SERVER
from stages.roles.messaging import role as rabbitmq
from stages.roles.messaging.role import ADVANCED, CONFIGURATION, COOKIE, DEFINITIONS


@pytest.mark.parametrize(("name", "role"), [("messaging", rabbitmq), ("coordination", redis)])
def test_a_cluster_is_bootstrapped_with_all_its_hosts(name: str, role: ModuleType) -> None:
    drawn = blueprint("whole-prod")
    formations = role.ROLE.form(drawn, drawn.planes[0], {})
    assert formations == role.BOOTSTRAP.formations(drawn.stage, drawn.everywhere(name), {})
    files = {file.path for file in manifest("whole-prod", f"{name}-1").files}
    needed = {
        role.BOOTSTRAP.script(verb) for verb in ("bootstrap", "begun", "state", "chosen", "discard", "whole")
    }
    assert needed <= files
    assert role.ROLE.facts[role.BOOTSTRAP.program] == (role.BOOTSTRAP.script("state"),)
    assert [item.host for item in formations] == [f"{name}-{number}" for number in (1, 2, 3)]


def test_a_broker_is_left_to_be_started_by_its_bootstrap() -> None:
    made = manifest("whole-prod", "messaging-2")
    assert [(unit.name, unit.wanted) for unit in made.units] == [
        ("rabbitmq-server.service", Wanted.NOT_STARTED),
        ("rabbitmq-remnants.service", Wanted.RUNNING),
    ]
    assert made.commands == (rabbitmq.NAMED, *rabbitmq.BOOTSTRAP.start, rabbitmq.BOOTSTRAP.begun)


@pytest.mark.parametrize(
    ("host", "few"),
    [
        ("messaging-1", {DEFINITIONS: (0o640, "rabbitmq"), COOKIE: (0o400, "rabbitmq")}),
        (
            "coordination-1",
            {SERVER: (0o640, "redis"), SENTINEL: (0o640, "redis"), CLIENT: (0o600, "root")},
        ),
    ],
)
def test_few_may_read_the_files_that_hold_secrets(host: str, few: dict[str, tuple[int, str]]) -> None:
    files = manifest("whole-prod", host).files
    assert {file.path: (file.mode, file.group) for file in files if marked(file.content)} == few


SEED, GATE = redis.BOOTSTRAP.script("seed"), rabbitmq.BOOTSTRAP.script("gate")


@pytest.mark.parametrize(
    ("host", "path", "text"),
    [
        # A member that is cut off pauses, and is soon missed.
        ("messaging-1", CONFIGURATION, "cluster_partition_handling = pause_minority"),
        ("messaging-1", ADVANCED, "{net_ticktime, 8}"),
        ("messaging-1", COOKIE, "@@secret:messaging_cookie@@"),
        ("coordination-1", SEED, "QUORUM = 2"),  # a majority names the master
        # A master without replicas takes no writes.
        ("coordination-1", SERVER, "min-replicas-to-write 1"),
        ("coordination-1", SENTINEL, "sentinel down-after-milliseconds stagegate 2000"),
        ("coordination-1", SENTINEL, "sentinel failover-timeout stagegate 5000"),
    ],
)
def test_members_are_configured(host: str, path: str, text: str) -> None:
    assert text in content("whole-prod", host, path)


def test_a_single_member_asks_no_peer_and_needs_no_replica() -> None:
    assert "PEERS = {}" in content("whole-dev", "messaging-1", GATE)
    assert "peer_discovery" not in content("whole-dev", "messaging-1", CONFIGURATION)
    assert "QUORUM = 1" in content("whole-dev", "coordination-1", SEED)
    assert "min-replicas" not in content("whole-dev", "coordination-1", SERVER)


def test_a_broker_asks_all_the_others() -> None:
    asked = content("whole-prod", "messaging-2", GATE)
    assert [f"'messaging-{number}': " in asked for number in (1, 2, 3)] == [True, False, True]


def test_no_file_of_the_manifest_is_one_that_redis_rewrites_or_says_who_is_the_master() -> None:
    files = manifest("whole-prod", "coordination-2").files
    assert not [file for file in files if file.path.startswith("/var/lib/redis")]
    server = content("whole-prod", "coordination-2", SERVER)
    assert not re.search(r"^(replicaof|slaveof) ", server, re.MULTILINE)
    assert "sentinel monitor" not in content("whole-prod", "coordination-2", SENTINEL)
