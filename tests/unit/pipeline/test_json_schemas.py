"""The published schemas of `-o json`: every document is valid, and is not without any one of its keys."""

import copy
import json
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from desk import WAYS, Desk, Way
from documents import DOCUMENTS
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry, Resource

from pipeline.cli.promote import promote_group
from pipeline.core.kinds import Kind, Outcome
from pipeline.core.verdict import Verdict
from pipeline.core.verification import Damage

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "schemas"
SCHEMAS: dict[str, Any] = {path.name: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
REGISTRY = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)
SHARED = "parts.json"
CASES = [
    pytest.param(name, way, id=f"{name}-{number}")
    for name, ways in DOCUMENTS.items()
    for number, way in enumerate(ways)
]

# Where an object is in a document, and one of its keys.
Place = tuple[tuple[str | int, ...], str]


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[f"{name}.json"], registry=REGISTRY)


@pytest.fixture
def desk(desk: Desk, tmp_path: Path) -> Desk:
    desk.bench.site = tmp_path
    return desk


def verbs(group: click.Group, *before: str) -> Iterator[str]:
    """Every verb with a result of its own, a verb of a group with the group's name before it."""
    for name in group.list_commands(click.Context(group)):
        verb = group.get_command(click.Context(group), name)
        if isinstance(verb, click.Group):
            yield from verbs(verb, *before, name)
        else:
            yield "-".join((*before, name))


def test_every_verb_has_a_schema_and_every_schema_a_verb() -> None:
    # `lab exec` prints what the command in the stage prints, `completion` a script, `man` a page.
    # `serve` never ends.
    printing = {*verbs(promote_group), "promote", "error"} - {"lab-exec", "completion", "man", "serve"}

    assert {f"{name}.json" for name in printing} | {SHARED} == set(SCHEMAS)
    assert printing == set(DOCUMENTS)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_a_schema_is_one(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)


# Objects whose keys are names.
BY_NAME = {("failures",), ("reused",), ("parts",)}
# Only some errors have these.
OF_SOME_ERRORS = {(("error",), "problems"), (("error",), "until")}


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[Place]:
    """Every key of every object that must be there."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if path[-1:] not in BY_NAME and (path, key) not in OF_SOME_ERRORS:
                yield path, key
            yield from places(inner, (*path, key))
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from places(inner, (*path, number))


def without(document: dict[str, Any], place: Place) -> dict[str, Any]:
    path, key = place
    less = copy.deepcopy(document)
    found: Any = less
    for part in path:
        found = found[part]
    del found[key]
    return less


def flat(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """With those of the branches of an `anyOf`."""
    for error in errors:
        yield error
        yield from flat(error.context or ())


def requiring(name: str, document: dict[str, Any], place: Place) -> set[str]:
    """The titles of the parts of schemas that miss this key when it is taken away."""
    path, key = place
    errors = flat(validator(name).iter_errors(without(document, place)))
    return {
        error.schema["title"]
        for error in errors
        if error.validator == "required"
        and tuple(error.absolute_path) == path
        and key in error.validator_value
    }


def parts(schema: object) -> Iterator[dict[str, Any]]:
    """Every part of a schema that requires keys."""
    if isinstance(schema, dict):
        if isinstance(schema.get("required"), list):
            yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for inner in schema:
            yield from parts(inner)


@pytest.mark.parametrize(("name", "way"), CASES)
def test_a_document_is_valid_and_is_not_without_any_one_of_its_keys(desk: Desk, name: str, way: Way) -> None:
    document = desk.document(*way(desk))

    validator(name).validate(document)
    assert [place for place in places(document) if not requiring(name, document, place)] == []


def test_each_required_key_of_each_schema_is_missed_when_it_is_taken_away(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missed: set[tuple[str, str]] = set()
    for number, (name, way) in enumerate((name, way) for name, ways in DOCUMENTS.items() for way in ways):
        desk = Desk(capsys)
        desk.bench.site = tmp_path / str(number)
        document = desk.document(*way(desk))
        missed |= {
            (title, place[1]) for place in places(document) for title in requiring(name, document, place)
        }

    written = [(part["title"], key) for part in parts(list(SCHEMAS.values())) for key in part["required"]]
    assert len(written) == len(set(written))
    assert missed == set(written)


@pytest.mark.parametrize(
    ("written", "values"),
    [
        (SCHEMAS[SHARED]["$defs"]["outcome"], Outcome),
        (SCHEMAS[SHARED]["$defs"]["kind"], Kind),
        (SCHEMAS[SHARED]["$defs"]["verdict"], Verdict),
        (SCHEMAS["ledger-verify.json"]["$defs"]["damaged"]["properties"]["damage"], Damage),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_values_of_a_schema_are_those_of_the_code(written: dict[str, Any], values: type[Enum]) -> None:
    assert written["enum"] == [value.value for value in values]


@pytest.mark.parametrize("name", [name for name in WAYS if name not in {"green", "unfit"}])
def test_a_no_is_valid_too(desk: Desk, name: str) -> None:
    way, _ = WAYS[name]
    argv = way(desk)
    document = desk.document(*argv)

    verb = argv[0] if argv and not argv[0].startswith("-") else "promote"
    validator("error" if "error" in document else verb).validate(document)
