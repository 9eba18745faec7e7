"""Secrets in files that age has encrypted, for instance in a config repository.

The identity that decrypts them is in STAGEGATE_AGE_IDENTITY, or in the file that STAGEGATE_AGE_IDENTITY_FILE
names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyrage
import yaml

from stages.design.sealed import is_sealed
from stages.machine.secret_stores.store import Unread

IDENTITY = "STAGEGATE_AGE_IDENTITY"
IDENTITY_FILE = "STAGEGATE_AGE_IDENTITY_FILE"
_OTHERS = 0o077
# What the library of YAML raises for a date that there is not, a number too long, a text that is not of the
# type that its tag names, or brackets within brackets without end. Any traceback of it would show the text.
_NOT_YAML = (
    yaml.YAMLError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
_MAKE = f"age-keygen -o FILE, encrypt to its public key, then set {IDENTITY_FILE}=FILE"


@dataclass(frozen=True, slots=True)
class AgeFiles:
    """A place is a path, or `PATH#KEY` for one value of a file that is a YAML mapping once decrypted."""

    environment: Mapping[str, str] = field(repr=False)

    def read(self, place: str) -> str | Unread:
        """Return the text without its trailing newlines, or the key's value."""
        path, _, key = place.partition("#")
        text = _decrypted(Path(path), self.environment)
        if isinstance(text, Unread):
            return text
        return _of_key(text, key) if key else text.rstrip("\n") or Unread("it is empty")


def _decrypted(file: Path, environment: Mapping[str, str]) -> str | Unread:
    try:
        sealed = file.read_bytes()
    except OSError as error:
        return Unread(f"it can't be read: {error.strerror}")
    if not is_sealed(sealed):
        return Unread("it is not encrypted by age", f"age -r RECIPIENT -o {file} FILE")
    identities = _identities(environment)
    if isinstance(identities, Unread):
        return identities
    try:
        return pyrage.decrypt(sealed, identities).decode()
    except pyrage.DecryptError as error:
        # The library's words, which name no content.
        is_ours = "matching keys" not in str(error)
        return Unread("it is damaged" if is_ours else "it is encrypted for other identities")
    except UnicodeDecodeError:
        return Unread("what it has, decrypted, is not UTF-8 text")


def _identities(environment: Mapping[str, str]) -> Sequence[pyrage.x25519.Identity] | Unread:
    source, text = f"the variable {IDENTITY}", environment.get(IDENTITY, "")
    if not text:
        file = environment.get(IDENTITY_FILE, "")
        if not file:
            return Unread(f"neither {IDENTITY} nor {IDENTITY_FILE} is set", _MAKE)
        source, found = f"the identity file {file}", _private(Path(file))
        if isinstance(found, Unread):
            return found
        text = found
    lines = [line.strip() for line in text.splitlines()]
    try:
        identities = [
            pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")
        ]
    except pyrage.IdentityError:
        identities = []
    return identities or Unread(f"{source} has no identity of age (AGE-SECRET-KEY-1...)", _MAKE)


def _private(file: Path) -> str | Unread:
    """The text of a file that nobody else may read."""
    try:
        mode = file.stat().st_mode & 0o777
        if mode & _OTHERS:
            return Unread(
                f"the identity file {file} is open to others (mode {mode:04o})", f"chmod 600 {file}"
            )
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return Unread(f"the identity file {file} can't be read: {error.strerror}", f"ls -l {file}")


def _of_key(text: str, key: str) -> str | Unread:
    try:
        data = yaml.safe_load(text)
    except _NOT_YAML:
        return Unread("what it has, decrypted, is not YAML")
    if not isinstance(data, dict):
        return Unread("what it has, decrypted, is not a mapping of keys to values")
    if key not in data:
        return Unread(f"it has no key {key}")
    if not isinstance(data[key], str):
        return Unread(f"the value of {key} is not text: put it in quotes")
    return data[key] or Unread(f"the value of {key} is empty")
