"""The applier's state on the host, and durable writes."""

from __future__ import annotations

import contextlib
import json
import os
import re

from stages.applier.protocol import Problem, canonical

TYPE_CHECKING = False
if TYPE_CHECKING:  # not imported on a host: typing would double the startup time
    from typing import Any

    from stages.applier.protocol import Json

STATE = "/var/lib/stagegate/state.json"
# Read-only for the host: keys, and an empty file `token-N` for each lease that created or started it.
GIVEN = "/etc/stagegate/ssh"


def given_token(directory: str) -> int:
    """The newest token that the substrate put in place when it created or started this host, else 0."""
    names = os.listdir(directory) if os.path.isdir(directory) else []
    return max((int(name[6:]) for name in names if re.fullmatch("token-[0-9]+", name)), default=0)


class State:
    """What the applier stores on the host: the token, the units' digests, the files it created.

    `applied` is the digest of the manifest that it applied last, by the steady texts of its files.
    """

    def __init__(self, root: str, kept: Json) -> None:
        self.root, self.path, self.kept = root, root + STATE, kept  # the root is "" except in tests

    @classmethod
    def read(cls, root: str) -> State:
        """Read the stored state. Raises Problem when it is unreadable, since it holds the fencing token."""
        try:
            with open(root + STATE, encoding="utf-8") as stream:
                kept = json.load(stream)
        except FileNotFoundError:
            kept = {}
        except (OSError, ValueError) as error:
            raise Problem(f"{STATE} can't be read", str(error)) from error
        kept = {"token": 0, "units": {}, "created": [], "keyed": [], "systemd": "", "applied": "", **kept}
        kept["token"] = max(kept["token"], given_token(root + GIVEN))
        return cls(root, kept)

    def put(self, **values: Any) -> None:  # noqa: ANN401 - any JSON value
        """Store values durably before returning. Writes nothing when nothing changes."""
        if all(self.kept[key] == value for key, value in values.items()):
            return
        self.kept.update(values)
        os.makedirs(os.path.dirname(self.path), mode=0o755, exist_ok=True)
        write_durably(self.path + ".new", canonical(self.kept), 0o600, None)
        os.rename(self.path + ".new", self.path)
        sync_directory(os.path.dirname(self.path))


def write_durably(path: str, content: bytes, mode: int, owner: tuple[int, int] | None) -> None:
    """Write a new file and sync it to disk; replaces what a killed run left at the path."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        if owner is not None:
            os.fchown(stream.fileno(), *owner)
        os.fchmod(stream.fileno(), mode)
        stream.flush()
        os.fsync(stream.fileno())


def sync_directory(path: str) -> None:
    """Make renames in a directory survive a power failure."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
