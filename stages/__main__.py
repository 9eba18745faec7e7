"""`python -m stages VERB`: one JSON request on stdin, JSON lines on stdout, the last one the result.

The engine calls it so; so can anybody. The verbs and their keys are in docs/architecture.md.
"""

from __future__ import annotations

import ctypes
import json
import select
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stages.errors import BadRequest, StagesError
from stages.verbs import PROTOCOL, VERBS, lab_exec

if TYPE_CHECKING:
    from collections.abc import Mapping

PR_SET_PDEATHSIG = 1


def main() -> int:
    """Serve one request; 0 when a result was written, also when it says that nothing could be done."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # no engine, no effects
    if _nobody_listens():  # it was gone before that
        sys.stderr.write("nobody waits for an answer: nothing was done\n")
        return 1
    match sys.argv[1:]:
        case ["lab-exec", "--request", path]:
            return _become(Path(path))
        case [verb] if verb in VERBS:
            return _serve(verb)
        case _:
            sys.stderr.write(f"usage: python -m stages {{{','.join([*VERBS, 'lab-exec'])}}} < request.json\n")
            return 2


def _serve(verb: str) -> int:
    try:
        request = json.loads(sys.stdin.read())
    except ValueError as error:
        sys.stderr.write(f"the request is no JSON: {error}\n")
        return 2
    try:
        result = VERBS[verb](_spoken(request), _progress)
    except StagesError as error:
        result = {"ok": False, "error": told(error), "transient": error.transient}
    except Exception as error:  # noqa: BLE001 - whatever it is, the engine gets an answer and a person the traceback
        traceback.print_exc()
        result = {
            "ok": False,
            "error": {"what": repr(error), "where": verb, "why": "a defect", "next": _look(request)},
            "transient": False,
        }
    _line({"event": "result", "protocol": PROTOCOL, **result})
    return 0


def _become(path: Path) -> int:
    try:
        return lab_exec(_spoken(json.loads(path.read_text())))
    except StagesError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _spoken(request: object) -> dict[str, Any]:
    """The request, if it is one that this code understands. Raises BadRequest."""
    spoken = request.get("protocol") if isinstance(request, dict) else None
    if not isinstance(request, dict) or spoken != PROTOCOL:
        raise BadRequest(
            "the request is in another protocol than this release speaks",
            where="the request on stdin",
            why=f"this code speaks protocol {PROTOCOL}, the request {spoken!r}",
            next="use the promote of a checkout that is nearer to this release",
        )
    return request


def _look(request: Mapping[str, Any]) -> str:
    promotion = request.get("promotion")
    return f"promote show {promotion}" if promotion else "promote status"


def _nobody_listens() -> bool:
    """Whether stdout is a pipe that nobody can read from any more."""
    asked = select.poll()
    asked.register(sys.stdout, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in asked.poll(0))


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
