"""RabbitMQ, and Redis with its Sentinels: who may bootstrap their clusters, and what members are told."""

import re
from types import ModuleType
from typing import Any

import pytest
from pydantic import ValidationError
from stage_sample import blueprint, content, manifest

from stages.design.manifest import Wanted
from stages.design.rendering import marked
from stages.roles.coordination import role as redis
from stages.roles.coordination.role import CLIENT, SENTINEL, SERVER
from stages.roles.coordination.settings import Settings
from stages.roles.messaging import role as rabbitmq
from stages.roles.messaging.role import ADVANCED, CONFIGURATION, COOKIE, DEFINITIONS


@pytest.mark.parametrize(("name", "role"), [("messaging", rabbitmq), ("coordination", redis)])
def test_a_cluster_is_bootstrapped_with_all_its_hosts(name: str, role: ModuleType) -> None:
    drawn = blueprint("whole-prod")
    formations = role.ROLE.form(drawn, {})
    assert formations == role.BOOTSTRAP.formations(drawn.hosts_of(name))
    assert [item.host for item in formations] == [f"{name}-{number}" for number in (1, 2, 3)]


def test_a_broker_is_left_to_be_started_by_its_bootstrap() -> None:
    made = manifest("whole-prod", "messaging-2")
    assert [(unit.name, unit.wanted) for unit in made.units] == [
        ("rabbitmq-server.service", Wanted.NOT_STARTED)
    ]
    assert made.commands == (*rabbitmq.BOOTSTRAP.start, rabbitmq.BOOTSTRAP.begun)


def test_the_secrets_stand_in_files_of_their_own_that_few_may_read() -> None:
    files = {file.path: file for file in manifest("whole-prod", "messaging-1").files}
    holding = {path: (file.mode, file.group) for path, file in files.items() if marked(file.content)}
    assert holding == {DEFINITIONS: (0o640, "rabbitmq"), COOKIE: (0o400, "rabbitmq")}
    assert files[COOKIE].content == "@@secret:messaging_cookie@@"


def test_who_is_cut_off_pauses_and_is_missed_soon() -> None:
    assert "cluster_partition_handling = pause_minority" in content(
        "whole-prod", "messaging-1", CONFIGURATION
    )
    assert "{net_ticktime, 8}" in content("whole-prod", "messaging-1", ADVANCED)


def test_a_broker_asks_all_the_others_and_a_single_one_nobody() -> None:
    gate = rabbitmq.BOOTSTRAP.script("gate")
    asked = content("whole-prod", "messaging-2", gate)
    assert "'messaging-1': " in asked
    assert "'messaging-3': " in asked
    assert "'messaging-2': " not in asked
    assert "PEERS = {}" in content("whole-dev", "messaging-1", gate)
    assert "peer_discovery" not in content("whole-dev", "messaging-1", CONFIGURATION)


SET: dict[str, Any] = {
    "down_after": "2s",
    "info_period": "1s",
    "failover_timeout": "10s",
    "replica_max_lag": "3s",
    "max_memory": "64mb",
}


def test_no_file_of_the_manifest_is_one_that_redis_rewrites_or_says_who_is_the_master() -> None:
    for file in manifest("whole-prod", "coordination-2").files:
        assert not file.path.startswith("/var/lib/redis")
    assert not re.search(
        r"^(replicaof|slaveof) ", content("whole-prod", "coordination-2", SERVER), re.MULTILINE
    )
    assert "sentinel monitor" not in content("whole-prod", "coordination-2", SENTINEL)


def test_a_majority_names_the_master() -> None:
    assert "QUORUM = 2" in content("whole-prod", "coordination-1", redis.BOOTSTRAP.script("seed"))
    assert "QUORUM = 1" in content("whole-dev", "coordination-1", redis.BOOTSTRAP.script("seed"))


def test_a_master_without_replicas_takes_no_writes_where_there_are_to_be_some() -> None:
    assert "min-replicas-to-write 1" in content("whole-prod", "coordination-1", SERVER)
    assert "min-replicas" not in content("whole-dev", "coordination-1", SERVER)


def test_the_time_outs_are_those_of_the_settings() -> None:
    text = content("whole-prod", "coordination-1", SENTINEL)
    assert "sentinel down-after-milliseconds stagegate 2000" in text
    assert "sentinel failover-timeout stagegate 5000" in text


def test_the_password_stands_only_in_files_that_few_may_read() -> None:
    files = {
        file.path: file.mode
        for file in manifest("whole-prod", "coordination-1").files
        if marked(file.content)
    }
    assert files == {SERVER: 0o640, SENTINEL: 0o640, CLIENT: 0o600}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"info_period": "10s"}, "at most 2.5s"),
        ({"failover_timeout": "1s"}, "longer than down_after"),
        ({"replica_max_lag": "500ms"}, "whole seconds"),
    ],
)
def test_time_outs_that_defeat_each_other_are_refused(changed: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings.model_validate(SET | changed)
