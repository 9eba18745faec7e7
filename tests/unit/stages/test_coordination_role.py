"""Redis and its Sentinels: who may be the first master, and what is left for them to decide."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError
from stage_sample import blueprint, content, manifest

from stages.design.rendering import marked
from stages.roles.coordination.role import BOOTSTRAP, CLIENT, SENTINEL, SERVER, form
from stages.roles.coordination.settings import Settings, count_problem

SET: dict[str, Any] = {
    "down_after": "2s",
    "info_period": "1s",
    "failover_timeout": "10s",
    "replica_max_lag": "3s",
    "max_memory": "64mb",
}


def test_its_cluster_is_born_of_all_its_hosts() -> None:
    drawn = blueprint("whole-prod")
    formations = form(drawn, {})
    assert formations == BOOTSTRAP.formations(drawn.hosts_of("coordination"))
    assert [item.host for item in formations] == ["coordination-1", "coordination-2", "coordination-3"]


def test_no_file_of_the_manifest_is_one_that_redis_rewrites_or_says_who_is_the_master() -> None:
    for file in manifest("whole-prod", "coordination-2").files:
        assert not file.path.startswith("/var/lib/redis")
    assert not re.search(
        r"^(replicaof|slaveof) ", content("whole-prod", "coordination-2", SERVER), re.MULTILINE
    )
    assert "sentinel monitor" not in content("whole-prod", "coordination-2", SENTINEL)


def test_a_majority_names_the_master() -> None:
    assert "QUORUM = 2" in content("whole-prod", "coordination-1", BOOTSTRAP.script("seed"))
    assert "QUORUM = 1" in content("whole-dev", "coordination-1", BOOTSTRAP.script("seed"))


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


@pytest.mark.parametrize(("count", "fits"), [(0, False), (1, True), (2, False), (3, True), (8, False)])
def test_sentinels_must_have_a_majority(count: int, fits: bool) -> None:  # noqa: FBT001 - a table's column
    assert (count_problem(count) is None) is fits
