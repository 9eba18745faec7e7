"""The shell around a client module: one JSON request on stdin, one JSON answer on stdout."""

import json
import sys
from collections.abc import Callable, Mapping

Answering = Callable[[dict[str, object]], Mapping[str, object]]


def serve(answer: Answering) -> int:
    """Answer one request; return the exit status: 0, or 1 with one line on stderr that says what failed."""
    try:
        reply = answer(json.load(sys.stdin))
    except Exception as error:  # noqa: BLE001 - a client's failure of any kind is what the check reports
        # The type and first line only: a traceback may show arguments, and those may be secrets.
        first = str(error).strip().splitlines()[:1]
        sys.stderr.write(f"{type(error).__name__}: {''.join(first)}\n")
        return 1
    json.dump(reply, sys.stdout)
    return 0
