"""The parts that requests and replies share, and the two ways to reject a request."""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:  # not imported on a host: typing would double the startup time
    from typing import Any

    Json = dict[str, Any]

PROTOCOL = 1
MARK = re.compile(r"@@secret:([A-Za-z0-9_.-]+)@@")
CHANGING = ("apply", "run")


class Problem(Exception):
    """The request can't be fulfilled: what failed, why, and whether a retry is likely to succeed."""

    def __init__(self, what: str, why: str, *, transient: bool = False) -> None:
        super().__init__(what)
        self.what, self.why, self.transient = what, why, transient


class Refused(Exception):
    """The request must not be fulfilled: this host has seen a newer token."""


def canonical(document: object) -> bytes:
    """The canonical bytes of a JSON value; stages/design/manifest.py has the same function."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("ascii")
