"""Turn pydantic's errors into problems with places, worded for people who write configs."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from stages.config.document import Document, Steps
from stages.config.problems import Problem, closest

Model = TypeVar("Model", bound=BaseModel)

_WANTED = {
    "bool_type": "must be true or false",
    "dict_type": "must be a mapping of keys to values",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "list_type": "must be a list",
    "model_type": "must be a mapping of keys to values",
    "string_type": "must be text",
    "too_short": "must not be empty",
}
_HINTS = {
    "string_type": "put it in quotes",
    "list_type": "write it as [one, two]",
    "too_long": "take some away",
}


def judge(shape: type[Model], document: Document, path: Steps = ()) -> tuple[Model | None, list[Problem]]:
    """Return the value at a path as `shape`, or None with all problems that prevent it."""
    value = at(document.data, path)
    try:
        return shape.model_validate(value), []
    except ValidationError as error:
        return None, [
            problem
            for detail in error.errors()
            if (problem := describe(shape, detail, document, (*path, *detail["loc"]))) is not None
        ]


def at(data: object, path: Steps) -> Any:  # noqa: ANN401 - config data, not validated yet
    """The value at a path; None when there is none."""
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


def mapping(document: Document, path: Steps) -> dict[str, Any]:
    """The mapping at a path; empty for any other value, which the shape reports."""
    value = at(document.data, path)
    return value if isinstance(value, dict) else {}


def misshapen(document: Document, path: Steps, message: str, hint: str | None = None) -> list[Problem]:
    """The problem that a value has the wrong shape; none if the document already has a problem there."""
    return [] if document.is_flawed(path) else [Problem.at(document.place(path), message, hint)]


def describe(shape: type[BaseModel], detail: ErrorDetails, document: Document, path: Steps) -> Problem | None:
    """Convert an error to a problem; None when the document already has one there."""
    kind = detail["type"]
    # A rejected key is flawed, too: reporting it as missing would only repeat its problem.
    if document.is_flawed(path):
        return None
    name = str(path[-1]) if path else document.file
    if kind == "extra_forbidden":
        known = [field.alias or key for key, field in shape.model_fields.items()]
        return Problem.at(document.key(path), f"unknown key {name!r}", closest(name, known))
    if kind == "missing":
        return Problem.at(document.place(path[:-1]), f"the key {name!r} is missing", "every key is needed")
    return Problem.at(document.place(path), f"{name}: {_message(detail)}", _HINTS.get(kind))


def _message(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in _WANTED:
        return f"{_WANTED[kind]}, and is {_told(detail['input'])}"
    if kind == "string_pattern_mismatch":
        return f"{_told(detail['input'])} does not have the form {context['pattern']}"
    return f"{detail['msg'].removeprefix('Input ')}, and is {_told(detail['input'])}"


def _told(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "empty" if not value else ("a mapping" if isinstance(value, dict) else "a list")
    return repr(value)[:60]
