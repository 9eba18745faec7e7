"""Where a secret is kept that the site does not generate: a variable or a file that the config names.

A reference is not secret and may be shown. Its value is read when it is needed and stored nowhere.
"""

import os
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from stages.errors import SecretUnusable

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PATTERN = f"^(env:{_VARIABLE.pattern}|file:/.*)$"
"""The same for a JSON Schema: what `Reference.parse` accepts."""


class Kept(Enum):
    """The kind of place that holds a value; a reference begins with this word."""

    ENV = "env"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that holds a value: the name of a variable, or an absolute path."""

    kept: Kept
    place: str

    @classmethod
    def parse(cls, written: object) -> "Reference":
        """Parse a reference from a config.

        Raises ValueError with the reason for anything else, which it does not repeat: it may be a secret.
        """
        word, _, place = written.partition(":") if isinstance(written, str) else ("", "", "")
        if word == Kept.ENV.value:
            if _VARIABLE.fullmatch(place) is None:
                raise ValueError("env: must be followed by the name of a variable: letters, digits and _")
            return cls(Kept.ENV, place)
        if word == Kept.FILE.value:
            if not place.startswith("/"):
                raise ValueError("file: must be followed by an absolute path")
            return cls(Kept.FILE, place)
        raise ValueError("a value has no place in a config: it would be kept in every copy and every release")

    def __str__(self) -> str:
        """As written in a config."""
        return f"{self.kept.value}:{self.place}"

    def to_json(self) -> dict[str, str]:
        """As written in target.json: `{"env": NAME}` or `{"file": path}`."""
        return {self.kept.value: self.place}

    def read(self, secret: str) -> str:
        """The value, without a file's trailing newlines. `secret` is what it is for.

        Raises SecretUnusable, which names the place and never a value, if there is none.
        """
        match self.kept:
            case Kept.ENV:
                value, why = os.environ.get(self.place, ""), "the variable is not set, or empty"
            case Kept.FILE:
                value, why = self._file()
        if not value:
            raise self.unusable(secret, why)
        return value

    def unusable(self, secret: str, why: str) -> SecretUnusable:
        """The error that says why the value in this place can't be used for this secret."""
        match self.kept:
            case Kept.ENV:
                advice = f"set {self.place} in the environment of the command, then run it again"
            case Kept.FILE:
                advice = f"ls -l {self.place}"
        return SecretUnusable(f"there is no usable value for {secret}", where=str(self), why=why, next=advice)

    def _file(self) -> tuple[str, str]:
        try:
            return Path(self.place).read_text(encoding="utf-8", errors="replace").rstrip("\n"), "it is empty"
        except OSError as error:
            return "", f"it can't be read: {error.strerror}"
