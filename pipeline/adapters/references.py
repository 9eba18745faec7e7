"""References to secrets of this process: `env:NAME` or `file:/path`."""

import re
from collections.abc import Mapping
from pathlib import Path

_KINDS = ("env:", "file:/")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def is_reference(text: str) -> bool:
    """Whether this refers to a secret, and is none."""
    return text.startswith(_KINDS)


def named(reference: str) -> str:
    """The place that it refers to, for messages: "the variable NAME" or "the file /path"."""
    kind, _, name = reference.partition(":")
    return f"the {'variable' if kind == 'env' else 'file'} {name}"


def resolved(reference: str, environment: Mapping[str, str]) -> str:
    """The secret. Raises ValueError, with the reason, for a reference that names nothing that can be used.

    No secret has control characters: libraries repeat a value that they cannot send, so it would be told.
    """
    secret = _read(reference, environment)
    if not secret.strip():
        raise ValueError(f"it refers to {named(reference)}, which is empty")
    if _CONTROL.search(secret):
        raise ValueError(
            f"it refers to {named(reference)}, whose value has line breaks or control characters"
        )
    return secret


def _read(reference: str, environment: Mapping[str, str]) -> str:
    kind, _, name = reference.partition(":")
    if kind == "env":
        if not environment.get(name):
            raise ValueError(f"it refers to {named(reference)}, which is not set")
        return environment[name]
    try:
        return Path(name).read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is no text"
        raise ValueError(f"it refers to {named(reference)}, which cannot be read: {why}") from None
