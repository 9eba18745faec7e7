"""References to secrets of this process: `env:NAME` or `file:/path`."""

from collections.abc import Mapping
from pathlib import Path

_KINDS = ("env:", "file:/")


def is_reference(text: str) -> bool:
    """Whether this refers to a secret, and is none."""
    return text.startswith(_KINDS)


def resolved(reference: str, environment: Mapping[str, str]) -> str:
    """The secret. Raises ValueError, with the reason, for a reference that names nothing."""
    kind, _, name = reference.partition(":")
    if kind == "env":
        if not environment.get(name):
            raise ValueError(f"it refers to the variable {name}, which is not set")
        return environment[name]
    try:
        return Path(name).read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is no text"
        raise ValueError(f"it refers to the file {name}, which cannot be read: {why}") from None
