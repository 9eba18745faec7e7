"""A config is accepted whole, or refused with every problem and its place."""

from pathlib import Path

import pytest
from config_sample import SHIPPED, refused, replace, told
from pydantic import ValidationError

from stages.config import read

STAGE = """\
substrate: lab
roles:
  loadbalancer: 1
  database: 3
  identity: 1
gates: [smoke]
"""
FILES = {
    "stagegate.yaml": 'schema: 1\nopenstack: "2026.1"\nstages: [dev, prod]\n',
    "gates.yaml": """\
smoke:
  within: 3m
  each_host:
    haproxy: [healthy]
  once:
    galera: [one_cluster]
""",
    "roles.yaml": (SHIPPED / "roles.yaml").read_text(),
    "stages/dev.yaml": STAGE,
    "stages/prod.yaml": STAGE,
}


def roles_line(start: str) -> int:
    """The number of the line of roles.yaml that starts so, its indent aside."""
    lines = FILES["roles.yaml"].splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(start))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    directory = tmp_path / "config"
    (directory / "stages").mkdir(parents=True)
    for name, text in FILES.items():
        (directory / name).write_text(text)
    return directory


def test_the_shipped_config_is_accepted() -> None:
    stages = read(SHIPPED).stages
    assert {stage.name: stage.after for stage in stages} == {"dev": None, "staging": "dev", "prod": "staging"}
    shown = {"loadbalancer": 2, "database": 3, "messaging": 3, "identity": 2}
    assert shown.items() <= stages[2].roles.items()


def test_an_accepted_config_can_not_be_changed(config: Path) -> None:
    stage = read(config).stage("dev")
    with pytest.raises(ValidationError):
        stage.settings["database"].max_connections = 1  # type: ignore[attr-defined] - what must not be done
    with pytest.raises(TypeError):
        stage.roles["database"] = 5  # type: ignore[index] - likewise


def test_a_stage_replaces_single_settings(config: Path) -> None:
    replace(config, "stages/dev.yaml", "gates:", "settings: {database: {max_connections: 70}}\ngates:")
    accepted = read(config)
    dev, prod = (accepted.stage(name).settings["database"].model_dump() for name in ("dev", "prod"))
    assert dev["max_connections"] == 70
    assert dev | {"max_connections": prod["max_connections"]} == prod


def test_ten_different_mistakes_get_ten_messages_with_their_places(config: Path) -> None:
    replace(config, "stagegate.yaml", '"2026.1"', '"2026.7"')
    replace(config, "gates.yaml", "galera", "gallera")
    replace(config, "gates.yaml", "within: 3m", "within: 3")
    replace(config, "roles.yaml", "the token cache\n  debug: false", "the token cache\n  debug: no")
    replace(config, "stages/dev.yaml", "database: 3", "database: 2")
    replace(config, "stages/dev.yaml", "[smoke]", "[smok]")
    replace(config, "stages/dev.yaml", "gates:", "colour: blue\ngates:")
    replace(config, "stages/prod.yaml", "substrate: lab\n", "")
    replace(config, "stages/prod.yaml", "loadbalancer: 1", "loadbalancer: 012")
    replace(config, "stages/prod.yaml", "gates:", "gates: []\ngates:")
    assert told(config) == [
        (
            "gates.yaml:2:11: within: 3 is not a duration: "
            "write a number and a unit, ms, s, m, h or d, as in 500ms"
        ),
        "gates.yaml:6:5: unknown component 'gallera' (did you mean 'galera'?)",
        (
            f"roles.yaml:{roles_line('debug:')}:10: no is read as false by YAML 1.1 and as text by others "
            '(write false, or "no" in quotes for the text)'
        ),
        "stagegate.yaml:2:12: there is no lock for OpenStack '2026.7' (did you mean '2026.2'?)",
        (
            "stages/dev.yaml:4:13: database: 2 databases have no majority when they are split in halves: "
            "both would stop"
        ),
        (
            "stages/dev.yaml:6:1: unknown key 'colour' "
            "(known: canary, gates, inventory, rehearse, retire_after, roles, secrets, settings, strategy, "
            "substrate)"
        ),
        "stages/dev.yaml:7:9: unknown gate 'smok' (did you mean 'smoke'?)",
        "stages/prod.yaml:1:1: the key 'substrate' is missing (every key is needed)",
        'stages/prod.yaml:2:17: 012 is read as an octal number by YAML 1.1 (write 12, or "012" in quotes)',
        "stages/prod.yaml:6:1: duplicate key 'gates' (first in line 5)",
    ]


def test_problems_point_into_the_directory_as_it_was_given(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace(config, "stages/dev.yaml", "lab", "lap")
    monkeypatch.chdir(config.parent)
    assert [str(problem) for problem in refused(Path("config")).problems] == [
        "config/stages/dev.yaml:1:12: unknown substrate 'lap' (did you mean 'lab'?)"
    ]


def test_a_listed_stage_without_a_file_and_a_file_that_is_not_listed_are_told(config: Path) -> None:
    (config / "stages/prod.yaml").rename(config / "stages/prd.yaml")
    unlisted = "the stage 'prd' is not listed in stagegate.yaml (list it there, or delete the file)"
    assert told(config) == [
        "stagegate.yaml:3:15: the stage 'prod' has no file stages/prod.yaml (did you mean 'prd'?)",
        f"stages/prd.yaml:1:1: {unlisted}",
    ]


def test_an_empty_directory_misses_its_files(tmp_path: Path) -> None:
    places = [problem.split(": ")[0] for problem in told(tmp_path)]
    assert places == ["gates.yaml:1:1", "roles.yaml:1:1", "stagegate.yaml:1:1"]


# By file: what is replaced, by what, and what is said of it, once; where the place matters, with the place.
RULES = {
    "stagegate.yaml": [
        ("schema: 1", "schema: 2", "schema: schema 2 is not supported: this code reads schema 1"),
        ('"2026.1"', "2026.1", "openstack: must be text, and is 2026.1"),
        ("[dev, prod]", "[dev, prod, dev]", "stages: a stage is listed twice: dev"),
    ],
    "stages/dev.yaml": [
        ("[smoke]", "[]", "gates: must not be empty, and is empty"),
        ("[smoke]", "[smoke, smoke]", "duplicate gate 'smoke'"),
        ("identity: 1", "identiti: 1", "unknown role 'identiti'"),
        ("loadbalancer: 1", "loadbalancer: 4", "loadbalancer: there can be 1 to 3 load balancers"),
        ("database: 3", "database: 0", "database: there can be 1 to 7 databases"),
        ("  database: 3\n", "", "identity needs database, and the stage has none"),
        (
            "  database: 3\n",
            "  database: 3\n  messaging: 1\n",
            "messaging serves compute-api or network-api or volume-api, and the stage has none",
        ),
        ("database: 3", "database: true", "database: must be a whole number, and is True"),
        ("gates:", "settings: {databas: {}}\ngates:", "unknown role 'databas'"),
        (
            "gates:",
            "settings:\n  database:\n    max_connections: lots\ngates:",
            "stages/dev.yaml:8:22: max_connections: must be a whole number, and is 'lots'",
        ),
        (  # a default that no longer fits the stage's own setting
            "gates:",
            "settings: {database: {evs_keepalive_period: 3s}}\ngates:",
            "stages/dev.yaml:6:22: evs_suspect_timeout: must be longer than evs_keepalive_period",
        ),
    ],
    "gates.yaml": [
        ("[healthy]", "[healthy, healthy]", "duplicate check 'healthy'"),
        ("[healthy]", "[Healthy!]", "0: 'Healthy!' does not have the form"),
        ("within: 3m", "within: 0s", "within: a duration must be more than zero"),
    ],
    "roles.yaml": [
        (
            "check_fast_interval: 500ms",
            "check_fast_interval: 5s",
            "check_fast_interval: must be at most check_interval",
        ),
        ("advert_interval: 200ms", "advert_interval: 205ms", "advert_interval: VRRP version 3 counts"),
        ("track_timeout: 1s", "track_timeout: 500ms", "track_timeout: must be whole seconds"),
        ("evs_inactive_timeout: 4s", "evs_inactive_timeout: 2s", "evs_inactive_timeout: must be longer"),
        ("info_period: 1s", "info_period: 10s", "info_period: must be at most 2.5s"),
        ("failover_timeout: 5s", "failover_timeout: 1s", "failover_timeout: must be longer than down_after"),
        ("replica_max_lag: 3s", "replica_max_lag: 500ms", "replica_max_lag: must be whole seconds"),
        ("election_timeout: 4s", "election_timeout: 1500ms", "one lost heartbeat would cause an election"),
        (  # not told again of each stage
            "max_connections: 2000",
            "max_connections: few",
            f"roles.yaml:{roles_line('max_connections:')}:20: max_connections: must be a whole number",
        ),
    ],
}


@pytest.mark.parametrize(
    ("name", "old", "new", "message"), [(name, *rule) for name, rules in RULES.items() for rule in rules]
)
def test_each_rule_has_its_message(config: Path, name: str, old: str, new: str, message: str) -> None:
    replace(config, name, old, new)
    problems = told(config)
    assert [message in problem for problem in problems].count(True) == 1, problems
    assert all(problem.startswith(name) for problem in problems), problems


def test_a_gate_that_demands_nothing_is_refused(config: Path) -> None:
    (config / "gates.yaml").write_text("smoke:\n  within: 3m\n")
    (problem,) = told(config)
    assert problem == (
        "gates.yaml:1:1: the gate 'smoke' requires no check, so it would prove nothing "
        "(name its checks under each_host or once)"
    )


def test_a_gates_definition_changes_with_what_it_demands_and_not_with_the_order(config: Path) -> None:
    replace(config, "gates.yaml", "[healthy]", "[healthy, journal]")
    first = read(config).gates["smoke"].definition()
    replace(config, "gates.yaml", "[healthy, journal]", "[journal, healthy]")
    assert read(config).gates["smoke"].definition() == first
    replace(config, "gates.yaml", "[journal, healthy]", "[journal]")
    assert read(config).gates["smoke"].definition() != first
