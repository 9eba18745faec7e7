"""Services wait longer than what still answers, and no longer than their client; or the config is refused."""

import dataclasses
from pathlib import Path

import pytest
from config_sample import SHIPPED, append, replace, told

from stages.config import read
from stages.config.connections import RESERVED, judge_connections
from stages.config.deadlines import RULES
from stages.config.document import load

STAGES = ("dev", "staging", "prod")


def line_of(config: Path, name: str, text: str) -> int:
    """The line on which a file has a text that it contains once."""
    before, found, _ = (config / name).read_text().partition(text)
    assert found
    return before.count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "message", "formula"),
    [
        (
            "  connect_timeout: 5s",
            "  connect_timeout: 3s",
            "connect_timeout: 3s must be longer than 4 x connect_timeout of loadbalancer",
            "= 4s",
        ),
        ("  answer_timeout: 55s", "  answer_timeout: 50s", "50s must be longer than MariaDB's wait", "= 50s"),
        ("  answer_timeout: 55s", "  answer_timeout: 60s", "60s must be shorter than server_", "= 60s"),
        ("  write_stall: 15s", "  write_stall: 30s", "30s must be shorter than queue_timeout", "= 30s"),
        ("  answer_timeout: 10s", "  answer_timeout: 4s", "4s must be longer than the longest", "= 4.5s"),
        ("  answer_timeout: 10s", "  answer_timeout: 15s", "15s must be shorter than (server_", "14.125s"),
        (
            "  # which tooz must renew its locks.\n  answer_timeout: 5s",
            "  answer_timeout: 2s",
            "2s must be longer than down_after: until then",
            "= 2s",
        ),
        (
            "  # which tooz must renew its locks.\n  answer_timeout: 5s",
            "  answer_timeout: 30s",
            "30s must be shorter than the life of tooz's locks",
            "= 30s",
        ),
        ("queue_expiry: 2m", "queue_expiry: 20s", "20s must be longer than 1.25 x net_ticktime + ", "= 20s"),
    ],
)  # fmt: skip
def test_a_limit_that_does_not_fit_is_refused_once_with_its_arithmetic(
    config: Path, old: str, new: str, message: str, formula: str
) -> None:
    replace(config, "roles.yaml", old, new)
    (problem,) = told(config)  # not once for each stage
    assert problem.startswith("roles.yaml:")
    assert message in problem
    assert formula in problem


def test_a_limit_of_the_database_that_a_failover_outlasts_is_refused(config: Path) -> None:
    append(config, "stages/prod.yaml", "\nsettings:\n  loadbalancer:\n    check_timeout: 28s\n")
    (problem,) = told(config)
    assert "answer_timeout: 55s must be longer than the longest failover of galera" in problem


def test_every_rule_is_broken_by_one_of_these_tests_and_kept_by_the_shipped_config() -> None:
    assert len(RULES) == 10
    for stage in read(SHIPPED).stages:
        assert [rule.broken(stage.settings) for rule in RULES] == [None] * len(RULES)


def test_a_stage_s_own_setting_is_refused_where_it_stands(config: Path) -> None:
    text = "\nsettings:\n  messaging:\n    queue_expiry: 20s\n"
    append(config, "stages/prod.yaml", text)
    (problem,) = told(config)
    line = line_of(config, "stages/prod.yaml", "queue_expiry: 20s")
    assert problem.startswith(f"stages/prod.yaml:{line}:19: queue_expiry: 20s must be longer")


def test_fewer_connections_than_the_pools_of_all_services_are_refused_with_the_sum(config: Path) -> None:
    replace(config, "roles.yaml", "max_connections: 2000", "max_connections: 933")
    line = line_of(config, "roles.yaml", "max_connections: 933")
    # Not dev: it has half the hosts.
    assert told(config) == [
        f"roles.yaml:{line}:20: max_connections: {stage} may open 934 connections, and a database takes 933 "
        "(2 identity x 10 + 2 image x 24 + 2 compute-api x 300 + 2 network-api x 84 + 2 volume-api x 24 + "
        f"{RESERVED} reserved = 934: write at least that, or lower database_overflow)"
        for stage in ("prod", "staging")
    ]


def test_exactly_enough_connections_are_accepted_and_a_larger_pool_counts(config: Path) -> None:
    replace(config, "roles.yaml", "max_connections: 2000", "max_connections: 934")
    read(config)
    append(config, "stages/prod.yaml", "\nsettings:\n  identity:\n    database_pool: 2\n")
    (problem,) = told(config)
    assert "prod may open 938 connections" in problem


def test_a_second_colour_needs_its_own_connections() -> None:
    defaults, document = load(SHIPPED / "roles.yaml"), load(SHIPPED / "stages/prod.yaml")
    stage = read(SHIPPED).stage("prod")
    assert judge_connections(stage, defaults, document, colours=2) == []
    database = stage.settings["database"].model_copy(update={"max_connections": 1000})
    stage = dataclasses.replace(stage, settings={**stage.settings, "database": database})
    assert judge_connections(stage, defaults, document) == []
    (problem,) = judge_connections(stage, defaults, document, colours=2)
    assert f"may open {2 * 884 + RESERVED} connections" in problem.message
