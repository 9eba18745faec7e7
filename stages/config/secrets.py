"""References to secrets that the site does not generate. No message repeats what the config has there."""

from collections.abc import Mapping
from types import MappingProxyType

from stages import roles as known_roles
from stages.config.document import Document
from stages.config.judging import at, mapping, misshapen
from stages.config.problems import Problem, closest
from stages.machine.references import Reference

KEY = "secrets"
HINT = "write env:NAME or file:/path; a value that stood in a config is known now, so change it"


def judge_secrets(document: Document) -> tuple[Mapping[str, Reference], list[Problem]]:
    """Validate the references; return them by the secret's name, and all problems."""
    written = at(document.data, (KEY,))
    if isinstance(document.data, dict) and KEY in document.data and not isinstance(written, dict):
        message = f"{KEY}: must be a mapping of the names of secrets to references"
        return {}, misshapen(document, (KEY,), message, "or remove it")
    known = _known(document)
    references, problems = {}, []
    for name, text in mapping(document, (KEY,)).items():
        path = (KEY, name)
        if name not in known:
            problems.append(Problem.at(document.key(path), f"unknown secret {name!r}", closest(name, known)))
        if document.is_flawed(path):
            continue
        try:
            references[name] = Reference.parse(text)
        except ValueError as error:
            problems.append(Problem.at(document.place(path), f"{name}: {error}", HINT))
    return MappingProxyType(references), problems


def _known(document: Document) -> set[str]:
    names = [name for name in mapping(document, ("roles",)) if name in known_roles.ROLES]
    return {secret.name for name in names for secret in known_roles.load(name).secrets}
