"""`python -m stages VERB`: one JSON request on stdin, JSON lines on stdout, the last one the result.

The engine calls it so; so can anybody. The verbs and their keys are in docs/architecture.md.
"""

from __future__ import annotations

import ctypes
import json
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from stages.errors import StagesError
from stages.verbs import PROTOCOL, VERBS, lab_exec

PR_SET_PDEATHSIG = 1


def main() -> int:
    """Serve one request; 0 when a result was written, also when it says that nothing could be done."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # no engine, no effects
    match sys.argv[1:]:
        case ["lab-exec", "--request", path]:
            return _become(Path(path))
        case [verb] if verb in VERBS:
            return _serve(verb)
        case _:
            sys.stderr.write(f"usage: python -m stages {{{','.join([*VERBS, 'lab-exec'])}}} < request.json\n")
            return 2


def _serve(verb: str) -> int:
    request = _spoken(sys.stdin.read())
    if request is None:
        return 2
    try:
        result = VERBS[verb](request, _progress)
    except StagesError as error:
        result = {"ok": False, "error": told(error), "transient": error.transient}
    except Exception as error:  # noqa: BLE001 - whatever it is, the engine gets an answer and a person the traceback
        traceback.print_exc()
        result = {
            "ok": False,
            "error": {"what": repr(error), "where": verb, "why": "a defect", "next": "promote show"},
        }
        result["transient"] = False
    _line({"event": "result", "protocol": PROTOCOL, **result})
    return 0


def _become(path: Path) -> int:
    request = _spoken(path.read_text())
    try:
        return 2 if request is None else lab_exec(request)
    except StagesError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _spoken(text: str) -> dict[str, Any] | None:
    """The request, or None when it is none that this code can answer: that goes to stderr."""
    try:
        request = json.loads(text)
    except ValueError as error:
        sys.stderr.write(f"the request is no JSON: {error}\n")
        return None
    spoken = request.get("protocol") if isinstance(request, dict) else None
    if spoken != PROTOCOL:
        sys.stderr.write(f"this code speaks protocol {PROTOCOL}, the request {spoken!r}\n")
        return None
    return dict(request)


def told(error: StagesError) -> dict[str, Any]:
    """An error's four parts, as the seam carries them."""
    return {"what": error.what, "where": error.where, "why": error.why, "next": error.next}


def _progress(message: str, host: str | None = None) -> None:
    _line({"event": "progress", "message": message, **({"host": host} if host else {})})


def _line(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
