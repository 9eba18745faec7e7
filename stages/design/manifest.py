"""What a host must be, as frozen values: users, directories, files, units and guarded commands.

A manifest never contains a secret's value. File contents have marks, `@@secret:NAME@@`, which the applier
replaces on the host, so a manifest, its JSON and its digest may be stored and shown.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any

from stages.errors import DuplicateEntry

TELLS_WITHIN = 30  # seconds for a command that only tells
LIB = "/usr/local/lib/stagegate"  # where a host has the programs that roles add


class Wanted(Enum):
    """The wanted state of a unit once the manifest is applied."""

    RUNNING = "running"  # enabled and running
    STOPPED = "stopped"  # disabled and stopped
    NOT_STARTED = "left"  # neither enabled nor started, but restarted or reloaded on changes while it runs


@dataclass(frozen=True, slots=True)
class User:
    """A system account. Its group is created if missing.

    An account that exists with another number than `uid` and `gid` is refused: what it wrote before would not
    be its own any more. None leaves the number to the host.
    """

    name: str
    home: str = "/nonexistent"
    shell: str = "/usr/sbin/nologin"
    uid: int | None = None
    gid: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The applier's form; the group has the account's name."""
        return {**document(self), "group": self.name}


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory that must exist with this mode and owner. Its contents are left unchanged."""

    path: str
    mode: int = 0o755
    owner: str = "root"
    group: str = "root"


@dataclass(frozen=True, slots=True)
class File:
    """A file that must have exactly this text.

    `verify` is an argv that checks the new text before any file is changed; `{}` in it stands for the path of
    a temporary file beside the real one. Missing parent directories are created with mode 0755. `steady` is
    what restarts compare instead of the text (stages/design/steady.py); None if that is the text itself.
    """

    path: str
    content: str
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    verify: tuple[str, ...] = ()
    steady: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The applier's form; without `steady` where that is the text itself."""
        return {key: value for key, value in document(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Unit:
    """A systemd unit, its wanted state, and the files whose changes restart or reload it.

    A change of a `restart_on` file's steady text restarts it, else a change of a `reload_on` file reloads it.
    The files need not be in the manifest: they may come from the image or a command.
    """

    name: str
    wanted: Wanted = Wanted.RUNNING
    restart_on: tuple[str, ...] = ()
    reload_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """An argv run as root, unless the guard `unless` exits 0. `within` is in seconds.

    `env_file` is a file on the host with NAME=value lines for the command's environment, so that a secret can
    reach a command without being in its argv. With `tells`, the receipt has what it prints for people: each
    line is a sentence, or as JSON {"told": [sentences], "measured": {name: number}}.
    """

    name: str
    run: tuple[str, ...]
    unless: tuple[str, ...] | None = None
    within: float = 120.0
    env_file: str | None = None
    tells: bool = False

    def to_json(self) -> dict[str, Any]:
        """The applier's form; without `tells` where it does not."""
        return {key: value for key, value in document(self).items() if key != "tells" or value}


def telling(*run: str) -> Command:
    """A command that does nothing but tell. If it fails, that is told: what came before it is done."""
    failed = "what it measured is not known: the command that tells it ended with $?"
    script = f'timeout {TELLS_WITHIN} "$@" || echo "{failed}"'
    return Command("tell", ("sh", "-c", script, "tell", *run), tells=True)


@dataclass(frozen=True, slots=True)
class Wait:
    """Repeat `until` every `every` seconds until it exits 0; an error after `within` seconds."""

    name: str
    until: tuple[str, ...]
    within: float = 60.0
    every: float = 0.25

    def to_json(self) -> dict[str, Any]:
        """The applier's form; its `until` distinguishes it from a command."""
        return document(self)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one host must be. Applied in this order: users, directories, files, units, commands.

    Raises DuplicateEntry when two parts claim the same user, path, unit or command name.
    """

    host: str
    users: tuple[User, ...] = ()
    directories: tuple[Directory, ...] = ()
    files: tuple[File, ...] = ()
    units: tuple[Unit, ...] = ()
    commands: tuple[Command | Wait, ...] = ()

    def __post_init__(self) -> None:
        """Reject duplicates here, not on the host."""
        paths = [entry.path for entry in self.directories] + [entry.path for entry in self.files]
        self._once("user", (user.name for user in self.users))
        self._once("path", paths)
        self._once("unit", (unit.name for unit in self.units))
        self._once("command", (command.name for command in self.commands))

    def _once(self, kind: str, names: Iterable[str]) -> None:
        twice = sorted(name for name, count in Counter(names).items() if count > 1)
        if twice:
            raise DuplicateEntry(
                f"the manifest names a {kind} twice: {', '.join(twice)}",
                where=self.host,
                why="two parts of a role, or two roles on one host, both claim it",
                next="keep one of them in stages/roles/, then: promote plan",
            )

    def to_json(self) -> dict[str, Any]:
        """The applier's form: plain JSON values, no secret values."""
        return {
            "host": self.host,
            "users": [user.to_json() for user in self.users],
            "directories": [document(directory) for directory in self.directories],
            "files": [file.to_json() for file in self.files],
            "units": [document(unit) for unit in self.units],
            "commands": [command.to_json() for command in self.commands],
        }

    def digest(self) -> str:
        """SHA-256 in hex of the canonical JSON. Equal manifests have equal digests, whatever the secrets."""
        return hashlib.sha256(canonical(self.to_json())).hexdigest()

    def steady_digest(self) -> str:
        """The same by the steady texts of its files: hosts that come and go do not count.

        It is what the applier records of the manifest that it applied last.
        """
        files = (
            file if file.steady is None else replace(file, content=file.steady, steady=None)
            for file in self.files
        )
        return replace(self, files=tuple(files)).digest()


def document(part: Any) -> dict[str, Any]:  # noqa: ANN401 - any part of a manifest
    """A part in the applier's form: plain JSON values, with modes as octal text."""
    return {field.name: _plain(field.name, getattr(part, field.name)) for field in fields(part)}


def _plain(name: str, value: object) -> object:
    if name == "mode":
        return f"{value:04o}"
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def canonical(document: object) -> bytes:
    """The canonical bytes of a JSON value: keys sorted, no spaces, ASCII. The applier has the same one."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("ascii")
