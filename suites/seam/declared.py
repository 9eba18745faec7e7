"""What the manifest of a host declares of what runs there: a part of target.json."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Settings = Mapping[str, Mapping[str, str]]  # by kind and name


@dataclass(frozen=True, slots=True)
class DeclaredFile:
    """The SHA-256 of a file's text without its lines that have secrets; these are numbered from 0.

    What `lists_hosts` changes as hosts come and go: a running program need not know of that.
    """

    sha256: str
    secret_lines: tuple[int, ...] = ()
    lists_hosts: bool = False


@dataclass(frozen=True, slots=True)
class DeclaredUnit:
    """The files whose changes restart a unit, and those whose changes reload it."""

    starts_with: tuple[str, ...] = ()
    reloads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declared:
    """What must be in effect on a host: files by path; units, and numbers of accounts and groups, by name.

    `names` has the address of each host, `kernel` values by name, `settings` what running programs must
    report, by component.
    """

    files: Mapping[str, DeclaredFile] = field(default_factory=dict)
    units: Mapping[str, DeclaredUnit] = field(default_factory=dict)
    users: Mapping[str, tuple[int, int | None]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    kernel: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Settings] = field(default_factory=dict)
