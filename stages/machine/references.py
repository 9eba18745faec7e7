"""Where a secret is kept that the site does not generate: the config names the place, and has no value.

A reference is not secret and may be shown. `secret_stores` read what it names.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from stages.errors import SecretUnusable


class Kept(Enum):
    """The kind of place that holds a value; a reference begins with this word."""

    ENV = "env"
    FILE = "file"
    AGE = "age"
    VAULT = "vault"


# No segment is `.` or `..`: a client would resolve them, and ask for another path than the one written.
_NO_DOTS = r"(?!\.{1,2}(?:[/#]|$))"
_SEGMENT, _FILE = rf"{_NO_DOTS}[\w.@:+-]+", rf"{_NO_DOTS}[^/#\n]+"
# By the kind of place: what must follow its word, and how that is said.
_FORMS: Mapping[Kept, tuple[re.Pattern[str], str]] = MappingProxyType(
    {
        Kept.ENV: (
            re.compile(r"[A-Za-z_][A-Za-z0-9_]*"),
            "the name of a variable: letters, digits and _",
        ),
        Kept.FILE: (re.compile(r"/.*", re.DOTALL), "an absolute path"),
        Kept.AGE: (
            re.compile(rf"/?{_FILE}(/{_FILE})*(#{_SEGMENT})?", re.ASCII),
            "the path of a file, from the config's folder or absolute, and #KEY if the file has several",
        ),
        Kept.VAULT: (re.compile(rf"{_SEGMENT}(/{_SEGMENT})+#{_SEGMENT}", re.ASCII), "MOUNT/PATH#KEY"),
    }
)
PATTERN = f"^({'|'.join(f'{kept.value}:{form.pattern}' for kept, (form, _) in _FORMS.items())})$"
"""The same for a JSON Schema: what `Reference.parse` accepts."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that holds a value: the name of a variable, a path, or a path and a key, as MOUNT/PATH#KEY.

    `written` is where the config has the reference, as file:line:column; empty if it stands in none.
    """

    kept: Kept
    place: str
    written: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: object) -> "Reference":
        """Parse a reference from a config.

        Raises ValueError with the reason for anything else, which it does not repeat: it may be a secret.
        """
        word, _, place = text.partition(":") if isinstance(text, str) else ("", "", "")
        for kept, (form, wanted) in _FORMS.items():
            if word == kept.value:
                if form.fullmatch(place) is None:
                    raise ValueError(f"{word}: must be followed by {wanted}")
                return cls(kept, place)
        raise ValueError("a value has no place in a config: it would be kept in every copy and every release")

    def __str__(self) -> str:
        """As written in a config."""
        return f"{self.kept.value}:{self.place}"

    def within(self, folder: Path) -> "Reference":
        """The same reference, with a path that begins in this folder, if it has a relative one."""
        is_relative = self.kept is Kept.AGE and not self.place.startswith("/")
        return replace(self, place=f"{folder.absolute()}/{self.place}") if is_relative else self

    @property
    def path(self) -> str:
        """The place without the key that follows a #."""
        return self.place.partition("#")[0]

    def to_json(self) -> dict[str, str]:
        """As written in target.json: `{"env": NAME}` or `{"file": path}`."""
        return {self.kept.value: self.place}

    def unusable(self, secret: str, why: str, advice: str = "", *, transient: bool = False) -> SecretUnusable:
        """The error that says why the value in this place can't be used for this secret.

        `advice` is the next command, if there is a better one than to look at the place.
        """
        return SecretUnusable(
            f"there is no usable value for {secret}",
            where=self.written or str(self),
            why=f"{self}: {why}" if self.written else why,
            next=advice or self._look(),
            transient=transient,
        )

    def _look(self) -> str:
        match self.kept:
            case Kept.ENV:
                return f"set {self.place} in the environment of the command, then run it again"
            case Kept.FILE:
                return f"ls -l {self.place}"
            case Kept.AGE:
                return f"ls -l {self.path}"
            case Kept.VAULT:
                return f"vault kv get {self.path}"
