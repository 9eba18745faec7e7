"""A config is accepted whole, or refused with every problem and its place."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from stages.config import ConfigProblems, read

SHIPPED = Path(__file__).parents[3] / "config"
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
ROLES_LINES = FILES["roles.yaml"].splitlines()


def roles_line(start: str) -> int:
    """The number of the line of roles.yaml that starts so, its indent aside."""
    return next(number for number, line in enumerate(ROLES_LINES, 1) if line.strip().startswith(start))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    directory = tmp_path / "config"
    (directory / "stages").mkdir(parents=True)
    for name, text in FILES.items():
        (directory / name).write_text(text)
    return directory


def replace(config: Path, name: str, old: str, new: str) -> None:
    text = (config / name).read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    (config / name).write_text(text.replace(old, new))


def told(config: Path) -> list[tuple[str, str, str | None]]:
    """Each problem's place within the directory, message and hint."""
    with pytest.raises(ConfigProblems) as caught:
        read(config)
    return [
        (
            f"{Path(problem.file).relative_to(config)}:{problem.line}:{problem.column}",
            problem.message.replace(f"{config}/", ""),
            problem.hint,
        )
        for problem in caught.value.problems
    ]


def test_the_shipped_config_is_accepted() -> None:
    stages = read(SHIPPED).stages
    assert [(stage.name, stage.after) for stage in stages] == [
        ("dev", None),
        ("staging", "dev"),
        ("prod", "staging"),
    ]
    prod = stages[2].roles
    assert {role: prod[role] for role in ("loadbalancer", "database", "messaging", "identity")} == {
        "loadbalancer": 2,
        "database": 3,
        "messaging": 3,
        "identity": 2,
    }


def test_an_accepted_config_can_not_be_changed(config: Path) -> None:
    stage = read(config).stage("dev")
    with pytest.raises(ValidationError):
        stage.settings["database"].max_connections = 1  # type: ignore[attr-defined] - what must not be done
    with pytest.raises(TypeError):
        stage.roles["database"] = 5  # type: ignore[index] - likewise


def test_a_stage_replaces_single_settings(config: Path) -> None:
    replace(config, "stages/dev.yaml", "gates:", "settings: {database: {max_connections: 50}}\ngates:")
    accepted = read(config)
    dev, prod = (accepted.stage(name).settings["database"].model_dump() for name in ("dev", "prod"))
    assert dev["max_connections"] == 50
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
    debug = roles_line("debug:")
    assert told(config) == [
        (
            "gates.yaml:2:11",
            "within: 3 is not a duration: write a number and a unit, ms, s, m or h, as in 500ms",
            None,
        ),
        ("gates.yaml:6:5", "unknown component 'gallera'", "did you mean 'galera'?"),
        (
            f"roles.yaml:{debug}:10",
            "no is read as false by YAML 1.1 and as text by others",
            'write false, or "no" in quotes for the text',
        ),
        ("stagegate.yaml:2:12", "there is no lock for OpenStack '2026.7'", "did you mean '2026.1'?"),
        (
            "stages/dev.yaml:4:13",
            "database: 2 databases have no majority when they are split in halves: both would stop",
            None,
        ),
        ("stages/dev.yaml:6:1", "unknown key 'colour'", "known: gates, roles, secrets, settings, substrate"),
        ("stages/dev.yaml:7:9", "unknown gate 'smok'", "did you mean 'smoke'?"),
        ("stages/prod.yaml:1:1", "the key 'substrate' is missing", "every key is needed"),
        (
            "stages/prod.yaml:2:17",
            "012 is read as an octal number by YAML 1.1",
            'write 12, or "012" in quotes',
        ),
        ("stages/prod.yaml:6:1", "duplicate key 'gates'", "first in line 5"),
    ]


def test_problems_point_into_the_directory_as_it_was_given(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace(config, "stages/dev.yaml", "lab", "lap")
    monkeypatch.chdir(config.parent)
    with pytest.raises(ConfigProblems) as caught:
        read(Path("config"))
    assert str(caught.value.problems[0]) == (
        "config/stages/dev.yaml:1:12: unknown substrate 'lap' (did you mean 'lab'?)"
    )


def test_a_setting_that_a_stage_gets_wrong_is_told_at_the_stage(config: Path) -> None:
    replace(config, "stages/dev.yaml", "gates:", "settings:\n  database:\n    max_connections: lots\ngates:")
    assert told(config) == [
        ("stages/dev.yaml:8:22", "max_connections: must be a whole number, and is 'lots'", None)
    ]


def test_a_default_that_no_longer_fits_a_stages_own_setting_is_told_at_the_stage(config: Path) -> None:
    replace(config, "stages/dev.yaml", "gates:", "settings: {database: {evs_keepalive_period: 3s}}\ngates:")
    place, message, _ = told(config)[0]
    assert place == "stages/dev.yaml:6:22"
    assert message.startswith("evs_suspect_timeout: must be longer than evs_keepalive_period")


def test_a_wrong_default_is_told_once_and_not_for_each_stage(config: Path) -> None:
    replace(config, "roles.yaml", "max_connections: 200", "max_connections: few")
    number = roles_line("max_connections:")
    assert [place for place, _, _ in told(config)] == [f"roles.yaml:{number}:20"]


def test_a_listed_stage_without_a_file_and_a_file_that_is_not_listed_are_told(config: Path) -> None:
    (config / "stages/prod.yaml").rename(config / "stages/prd.yaml")
    assert told(config) == [
        ("stagegate.yaml:3:15", "the stage 'prod' has no file stages/prod.yaml", "did you mean 'prd'?"),
        (
            "stages/prd.yaml:1:1",
            "the stage 'prd' is not listed in stagegate.yaml",
            "list it there, or delete the file",
        ),
    ]


def test_an_empty_directory_misses_its_files(tmp_path: Path) -> None:
    assert [place for place, _, _ in told(tmp_path)] == [
        "gates.yaml:1:1",
        "roles.yaml:1:1",
        "stagegate.yaml:1:1",
    ]


# By file: what is replaced, by what, and what is said of it.
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
    ],
}


@pytest.mark.parametrize(
    ("name", "old", "new", "message"), [(name, *rule) for name, rules in RULES.items() for rule in rules]
)
def test_each_rule_has_its_message(config: Path, name: str, old: str, new: str, message: str) -> None:
    replace(config, name, old, new)
    problems = told(config)
    assert [problem for problem in problems if message in problem[1]], problems
    assert all(place.startswith(name) for place, _, _ in problems)


def test_a_gate_that_demands_nothing_is_refused(config: Path) -> None:
    (config / "gates.yaml").write_text("smoke:\n  within: 3m\n")
    message = "the gate 'smoke' requires no check, so it would prove nothing"
    assert told(config) == [("gates.yaml:1:1", message, "name its checks under each_host or once")]


def test_a_gates_definition_changes_with_what_it_demands_and_not_with_the_order(config: Path) -> None:
    replace(config, "gates.yaml", "[healthy]", "[healthy, journal]")
    first = read(config).gates["smoke"].definition()
    replace(config, "gates.yaml", "[healthy, journal]", "[journal, healthy]")
    assert read(config).gates["smoke"].definition() == first
    replace(config, "gates.yaml", "[journal, healthy]", "[journal]")
    assert read(config).gates["smoke"].definition() != first
