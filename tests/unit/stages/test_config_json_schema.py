"""The JSON schemas accept what the reader accepts; unknown keys and wrong types both refuse."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from config_sample import SHIPPED, refused
from jsonschema import Draft7Validator

from stages.config.document import Steps, load
from stages.config.json_schema import json_schemas
from stages.config.judging import at

PUBLISHED = SHIPPED.parent / "setup" / "config-repository" / ".schemas"
SCHEMAS = {one.name: one for one in json_schemas()}
SURPRISE = "surprise"
# What no shipped stage has.
OPTIONAL = {
    "canary": {"share": "10%", "for": "2m", "requests": 200, "errors": "2%", "slower": 3.5},
    "secrets": {
        "admin_password": "env:ADMIN",
        "messaging_password": "age:secrets/messaging.age#password",
        "database_nova_password": "vault:kv/prod/database#password",
    },
    "strategy": "blue-green",
    "retire_after": "3d",
    "rehearse": True,
    "settings": {"database": {"max_connections": 2500}, "loadbalancer": {"check_rise": 2}},
}
MACHINE = {"address": "192.0.2.16", "host_key": "ssh-ed25519 AAAA", "port": 2222, "interface": "ens3"}
INVENTORY = {
    "vip": "192.0.2.5",
    "key": "/etc/stagegate/key",
    "namespace": "/run/netns/rack",
    "user": "deploy",
    "proxy": "http://proxy.example:3128",
    "hosts": {"loadbalancer-1": MACHINE},
}
Files = dict[str, Any]


def files() -> Files:
    """The shipped config as data, and every optional key with it."""
    found = {
        str(path.relative_to(SHIPPED)): yaml.safe_load(path.read_text()) for path in SHIPPED.rglob("*.yaml")
    }
    found["stages/dev.yaml"] |= copy.deepcopy(OPTIONAL)
    found["stages/prod.yaml"] |= {"substrate": "inventory", "inventory": copy.deepcopy(INVENTORY)}
    return found


def validator(file: str) -> Draft7Validator:
    (found,) = [one for one in SCHEMAS.values() if PurePosixPath(file).match(one.files)]
    return Draft7Validator(found.schema)


def paths(value: object, path: Steps = ()) -> Iterator[Steps]:
    """The path of every value that is inside this one, and its own."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


def read_lines(config: Path, written: Files) -> dict[str, set[int]]:
    """By file, the lines for which the reader refuses this config."""
    for name, data in written.items():
        (config / name).parent.mkdir(parents=True, exist_ok=True)
        (config / name).write_text(yaml.safe_dump(data, sort_keys=False))
    found: dict[str, set[int]] = {name: set() for name in written}
    for problem in refused(config).problems:
        found[str(Path(problem.file).relative_to(config))].add(problem.line)
    return found


def surprised(name: str, data: object, deep: int) -> set[Steps]:
    """The first so many steps to each place where the schema refuses the surprise."""
    errors = validator(name).iter_errors(data)
    about = [one for one in errors if SURPRISE in one.absolute_path or SURPRISE in one.message]
    return {tuple(error.absolute_path)[:deep] for error in about}


@pytest.mark.parametrize("name", sorted(str(path.relative_to(SHIPPED)) for path in SHIPPED.rglob("*.yaml")))
def test_the_shipped_config_is_accepted_by_its_schema(name: str) -> None:
    validator(name).validate(yaml.safe_load((SHIPPED / name).read_text()))


def test_every_optional_key_is_accepted() -> None:
    for name, data in files().items():
        validator(name).validate(data)


def test_an_unknown_key_in_any_mapping_is_refused_by_both(tmp_path: Path) -> None:
    written, places = files(), []
    for name, data in written.items():
        places += [(name, path) for path in paths(data) if isinstance(at(data, path), dict)]
    for name, path in places:
        at(written[name], path)[SURPRISE] = 1
    lines = read_lines(tmp_path, written)

    assert len(places) > 50
    for name, path in places:
        line = load(tmp_path / name).key((*path, SURPRISE)).line
        assert line in lines[name], (name, path)
        assert path in surprised(name, written[name], len(path)), (name, path)


def test_a_mapping_in_place_of_any_value_is_refused_by_both(tmp_path: Path) -> None:
    whole, written, places = files(), files(), []
    for name, data in whole.items():
        places += [(name, path) for path in paths(data) if not isinstance(at(data, path), dict | list)]
    places.remove(("stages/prod.yaml", ("substrate",)))  # without it, the reader looks at no inventory
    for name, path in places:
        at(written[name], path[:-1])[path[-1]] = {SURPRISE: 1}
    lines = read_lines(tmp_path, written)

    assert len(places) > 200
    for name, path in places:
        assert load(tmp_path / name).place(path).line in lines[name], (name, path)
        wrong = {tuple(error.absolute_path) for error in validator(name).iter_errors(written[name])}
        assert path in wrong, (name, path)


@pytest.mark.parametrize(
    ("file", "path", "value"),
    [
        ("stagegate.yaml", ("schema",), 2),
        ("stagegate.yaml", ("openstack",), "2026.7"),
        ("stagegate.yaml", ("stages",), []),
        ("stages/dev.yaml", ("substrate",), "lap"),
        ("stages/dev.yaml", ("roles", "database"), 8),
        ("stages/dev.yaml", ("roles", "database"), True),
        ("stages/dev.yaml", ("strategy",), "green"),
        ("stages/dev.yaml", ("secrets", "admin_password"), "hunter2"),
        ("stages/dev.yaml", ("canary", "share"), 10),
        ("stages/dev.yaml", ("retire_after",), 7),
        ("stages/dev.yaml", ("settings", "database", "max_connections"), "lots"),
        ("roles.yaml", ("loadbalancer", "check_interval"), "2 seconds"),
        ("gates.yaml", ("smoke", "within"), 180),
        ("gates.yaml", ("smoke", "each_host", "galera"), ["Healthy!"]),
    ],
)
def test_a_value_that_none_can_be_is_refused_by_both(
    tmp_path: Path, file: str, path: Steps, value: object
) -> None:
    written = files()
    at(written[file], path[:-1])[path[-1]] = value
    lines = read_lines(tmp_path, written)

    assert load(tmp_path / file).place(path).line in lines[file]
    found = [tuple(error.absolute_path)[: len(path)] for error in validator(file).iter_errors(written[file])]
    assert set(found) == {path}


def test_no_key_is_left_to_anything() -> None:
    told = {"type", "enum", "const", "$ref", "anyOf"}
    open_keys = [
        (name, path)
        for name, one in SCHEMAS.items()
        for path in paths(one.schema)
        if len(path) > 1 and path[-2] == "properties" and told.isdisjoint(at(one.schema, path))
    ]
    assert not open_keys


def test_the_published_schemas_are_those_of_the_code() -> None:
    assert {path.name: json.loads(path.read_text()) for path in PUBLISHED.glob("*")} == {
        name: one.schema for name, one in SCHEMAS.items()
    }, "promote init config setup/config-repository --schemas"
