"""The RabbitMQ cluster: who may bootstrap it, and what its members are told."""

from __future__ import annotations

import pytest
from stage_sample import blueprint, content, manifest

from stages.design.manifest import Wanted
from stages.design.rendering import marked
from stages.roles.messaging.role import (
    ADVANCED,
    BOOTSTRAP,
    CONFIGURATION,
    COOKIE,
    DEFINITIONS,
    form,
)
from stages.roles.messaging.settings import count_problem

HOSTS = ["messaging-1", "messaging-2", "messaging-3"]


def test_its_cluster_is_born_of_all_its_hosts() -> None:
    drawn = blueprint("whole-prod")
    formations = form(drawn, {})
    assert formations == BOOTSTRAP.formations(drawn.hosts_of("messaging"))
    assert [item.host for item in formations] == HOSTS


def test_a_broker_is_left_to_be_started_by_its_bootstrap() -> None:
    made = manifest("whole-prod", "messaging-2")
    assert [(unit.name, unit.wanted) for unit in made.units] == [
        ("rabbitmq-server.service", Wanted.NOT_STARTED)
    ]
    assert made.commands == (*BOOTSTRAP.start, BOOTSTRAP.begun)


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
    gate = BOOTSTRAP.script("gate")
    asked = content("whole-prod", "messaging-2", gate)
    assert "'messaging-1': " in asked
    assert "'messaging-3': " in asked
    assert "'messaging-2': " not in asked
    assert "PEERS = {}" in content("whole-dev", "messaging-1", gate)
    assert "peer_discovery" not in content("whole-dev", "messaging-1", CONFIGURATION)


@pytest.mark.parametrize(
    ("count", "fits"), [(0, False), (1, True), (2, False), (3, True), (4, False), (9, False)]
)
def test_brokers_must_have_a_majority(count: int, fits: bool) -> None:  # noqa: FBT001 - a table's column
    assert (count_problem(count) is None) is fits
