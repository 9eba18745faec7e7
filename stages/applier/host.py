"""One request on one host: its paths, its changes, its failures."""

from __future__ import annotations

import contextlib
import os
import time

from stages.applier.failures import last_error
from stages.applier.protocol import CHANGING, Problem
from stages.applier.state import write_durably

TYPE_CHECKING = False
if TYPE_CHECKING:  # not imported on a host: typing would double the startup time
    from stages.applier.protocol import Json
    from stages.applier.shell import Shell
    from stages.applier.state import State

FAILURE = "/var/lib/stagegate/last-failure.txt"


class Host:
    """One request on one host. `changes` lists everything that was or would be done, in order.

    `told` has what commands say to people.
    """

    def __init__(
        self, request: Json, shell: Shell, state: State, lock: tuple[int, ...], changes: list[Json]
    ) -> None:
        self.root = state.root
        self.dry = request["mode"] not in CHANGING
        self.owners: bool = request.get("owners", True)
        self.digest_key = bytes.fromhex(request.get("digest_key") or "")
        self.shell, self.state, self.lock, self.changes = shell, state, lock, changes
        self.told: list[str] = []

    def at(self, path: str) -> str:
        """The host's path as this process sees it."""
        return self.root + path

    def note(
        self, kind: str, name: str, action: str, before: str | None = None, after: str | None = None
    ) -> None:
        """Record a change that is or would be made."""
        self.changes.append({"kind": kind, "name": name, "action": action, "before": before, "after": after})

    def failed(
        self, what: str, out: str, err: str, otherwise: str = "", *, transient: bool = False
    ) -> Problem:
        """A program's failure, with its last error as the reason; its whole output goes to FAILURE."""
        with contextlib.suppress(OSError):  # the failure is reported all the same
            place = self.at(FAILURE)
            os.makedirs(os.path.dirname(place), mode=0o755, exist_ok=True)
            when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            write_durably(place, f"{when} {what}\n{out}\n{err}\n".encode(), 0o600, None)
        return Problem(what, last_error(f"{out}\n{err}") or otherwise, transient=transient)

    def must(self, what: str, argv: list[str], within: float = 60.0) -> None:
        """Run a system program. Raises Problem when it fails."""
        code, out, err = self.shell.run(argv, within)
        if code:
            raise self.failed(what, out, err, f"{argv[0]} ended with {code}")
