"""Reads settings back from the texts of configuration files, as the programs do that they are for. Pure."""

import re
from collections.abc import Iterator

from stages.design.rendering import marked

ASSIGNED = re.compile(r"([^=\s]+)\s*=\s*(.*)")


def options(text: str, section: str) -> dict[str, str]:
    """The options of a section of an ini file by name, without quotes; one without a value is ON."""
    found: dict[str, str] = {}
    current = ""
    for line in told(text):
        if line.startswith("["):
            current = line.strip("[]")
        elif current == section:
            name, _, value = line.partition("=")
            found[name.strip()] = value.strip().strip('"') if "=" in line else "ON"
    return found


def assigned(text: str) -> dict[str, str]:
    """The values of lines such as `name = value`, by name, without quotes."""
    pairs = (ASSIGNED.fullmatch(line) for line in told(text))
    return {pair[1]: pair[2].strip('"') for pair in pairs if pair}


def directives(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of each line."""
    for line in told(text):
        yield tuple(line.split())


def told(text: str) -> Iterator[str]:
    """Yield the lines that say something, stripped: no comments, and none that has a secret."""
    for line in text.splitlines():
        said = line.strip()
        if said and not said.startswith("#") and not marked(said):
            yield said
