"""References to secrets that the site does not generate. No message repeats what the config has there."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from stages import roles as known_roles
from stages.config.document import Document
from stages.config.judging import at, mapping, misshapen
from stages.config.problems import Problem, closest
from stages.design.sealed import LONGEST, is_sealed
from stages.machine.references import Reference

KEY = "secrets"
HINT = (
    "write env:NAME, file:/path, age:PATH or vault:MOUNT/PATH#KEY; "
    "a value that stood in a config is known now, so change it"
)


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
        place = document.place(path)
        try:
            parsed = Reference.parse(text)
        except ValueError as error:
            problems.append(Problem.at(place, f"{name}: {error}", HINT))
            continue
        # A stage's file is in the folder `stages` of the config's.
        reference = parsed.within(Path(document.file).parents[1])
        references[name] = replace(reference, written=str(place))
        is_of_config = reference != parsed
        if is_of_config and (why := _unsealed(Path(reference.path))):
            problems.append(Problem.at(place, f"{name}: {why}", f"age -r RECIPIENT -o {reference.path} FILE"))
    return MappingProxyType(references), problems


def _unsealed(file: Path) -> str | None:
    """Why a file is none that age has encrypted: a secret may have been committed as it is."""
    try:
        with file.open("rb") as opened:
            start = opened.read(LONGEST)
    except OSError as error:
        return f"the file {file} can't be read: {error.strerror}"
    return None if is_sealed(start) else f"the file {file} is not encrypted by age"


def _known(document: Document) -> set[str]:
    names = [name for name in mapping(document, ("roles",)) if name in known_roles.ROLES]
    return {secret.name for name in names for secret in known_roles.load(name).secrets}
