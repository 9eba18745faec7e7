"""Reads the reviews of migrations (stages/machine/schema_review makes them)."""

import tomllib
from pathlib import Path
from typing import Any

from stages.errors import ReviewImpossible
from stages.openstack.review import Effect, Heads, Operation, Review, Script

FOLDER = Path(__file__).parent / "reviews"
HEADS = ("before", "expanded", "contracted")


def read(folder: Path = FOLDER) -> tuple[Review, ...]:
    """All reviews in the folder, by name. Raises ReviewImpossible if a person has broken one."""
    return tuple(map(_read, sorted(folder.glob("*.toml"))))


def _read(path: Path) -> Review:
    try:
        return _review(tomllib.loads(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise ReviewImpossible(
            "a review of migrations can't be read",
            where=str(path),
            why=f"{type(error).__name__}: {error}",
            next=f"correct it; git diff {path} shows what was changed",
        ) from error


def _review(document: dict[str, Any]) -> Review:
    heads = {
        schema: Heads(*(tuple(entry[name]) for name in HEADS))
        for schema, entry in document.get("heads", {}).items()
    }
    scripts = tuple(map(_script, document.get("script", ())))
    return Review(document["before"], document["after"], document["versions"], scripts, heads)


def _script(entry: dict[str, Any]) -> Script:
    parts = {name: entry[name] for name in ("schema", "revision", "file", "digest", "read")}
    return Script(**parts, operations=tuple(map(_operation, entry.get("operation", ()))))


def _operation(entry: dict[str, Any]) -> Operation:
    return Operation(Effect(entry["effect"]), entry["line"], entry["what"], entry["reviewed"].strip())
