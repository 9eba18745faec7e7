"""What a request and a reply are made of, and the two ways of saying no."""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:  # not imported on a host: typing would double the time of a start
    from typing import Any

    Json = dict[str, Any]

PROTOCOL = 1
MARK = re.compile(r"@@secret:([A-Za-z0-9_.-]+)@@")
CHANGING = ("apply", "run")


class Problem(Exception):
    """The request can't be fulfilled: what failed, and why."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(what)
        self.what, self.why = what, why


class Refused(Exception):
    """The request must not be fulfilled: somebody newer is in charge of this host."""


def canonical(document: object) -> bytes:
    """The one byte string for a JSON value; stages/design/manifest.py does the same."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("ascii")
