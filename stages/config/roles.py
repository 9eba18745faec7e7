"""Settings by role: roles.yaml for all stages, and what a stage overrides."""

import importlib.util
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from stages.config.document import Document
from stages.config.judging import at, describe, judge, misshapen
from stages.config.problems import Place, Problem, closest
from stages.roles import ROLES

NAMES = tuple(ROLES)
# For a role that has no settings module of its own.
SHARED = "stages.openstack.settings"


def shape(role: str) -> type[BaseModel]:
    """The model of a role's settings."""
    return cast("type[BaseModel]", _module(role).Settings)


def count_problem(role: str, count: int) -> str | None:
    """Why a role can't have this many hosts; None when it can."""
    return cast("str | None", _module(role).COUNT.problem(count))


def most(role: str) -> int:
    """How many hosts a role can have at most."""
    return cast("int", _module(role).COUNT.most)


def judge_defaults(document: Document) -> list[Problem]:
    """All problems with roles.yaml."""
    if not isinstance(document.data, dict):
        return misshapen(document, (), "the file must be a mapping of roles to settings")
    problems = []
    for name in document.data:
        if name not in ROLES:
            problems.append(Problem.at(document.key((name,)), f"unknown role {name!r}", closest(name, ROLES)))
        else:
            problems += judge(shape(name), document, (name,))[1]
    for name in ROLES:
        if name not in document.data and not document.is_flawed((name,)):
            problems.append(
                Problem.at(document.place(()), f"the role {name!r} is missing", "every key is needed")
            )
    return problems


def effective(role: str, defaults: Document, stage: Document) -> tuple[BaseModel | None, list[Problem]]:
    """Return a role's settings in one stage, or None with the problems that the stage's own settings cause.

    Problems of roles.yaml itself are not repeated here.
    """
    base = at(defaults.data, (role,))
    base = base if isinstance(base, dict) else {}
    own = at(stage.data, ("settings", role))
    own = own if isinstance(own, dict) else {}
    already = {detail["loc"] for detail in _errors(shape(role), base)}
    try:
        return shape(role).model_validate({**base, **own}), []
    except ValidationError as error:
        problems = []
        for detail in error.errors():
            path = ("settings", role, *detail["loc"])
            # Also report a default that is valid in roles.yaml but not beside the stage's own settings.
            if detail["loc"][0] in own or detail["loc"] not in already:
                problems.append(describe(shape(role), detail, stage, path))
        return None, [problem for problem in problems if problem is not None]


def place(role: str, key: str, defaults: Document, stage: Document) -> Place:
    """Where a role's setting in one stage comes from: the stage's own file, or roles.yaml."""
    own = at(stage.data, ("settings", role))
    if isinstance(own, dict) and key in own:
        return stage.place(("settings", role, key))
    return defaults.place((role, key))


def _errors(model: type[BaseModel], values: dict[str, Any]) -> list[Any]:
    try:
        model.model_validate(values)
    except ValidationError as error:
        return list(error.errors())
    return []


def _module(role: str) -> Any:  # noqa: ANN401 - a module, found by name so that a new role needs no edit here
    own = f"{ROLES[role].removesuffix('.role')}.settings"
    return importlib.import_module(own if importlib.util.find_spec(own) else SHARED)
