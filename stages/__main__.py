"""`python -m stages VERB`: one JSON request on stdin, JSON lines on stdout, the last one the result.

The verb `serve` takes any number of requests (stages/requests/serving.py). The engine is one caller; anyone
can be. docs/architecture.md lists the verbs and their keys.
"""

import ctypes
import json
import select
import signal
import sys
from pathlib import Path
from typing import Any

from stages.errors import StagesError
from stages.machine.substrates.connections import Connections
from stages.machine.substrates.weight import go_first
from stages.requests.answering import answer, check_protocol, point, progress
from stages.requests.serving import serve
from stages.requests.verbs import VERBS, Listener, lab_exec

PR_SET_PDEATHSIG = 1


def main() -> int:
    """Serve one verb. Returns 0 when a result was written, even a refusal."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # no engine, no effects
    if _nobody_listens():  # the engine died before the prctl call
        sys.stderr.write("the caller is gone: nothing was done\n")
        return 1
    match sys.argv[1:]:
        case ["serve"]:
            go_first()
            return serve()
        case ["lab-exec", "--request", path]:
            return _become(Path(path))
        case [verb] if verb in VERBS:
            go_first()
            return _once(verb)
        case _:
            verbs = ",".join([*VERBS, "serve", "lab-exec"])
            sys.stderr.write(f"usage: python -m stages {{{verbs}}} < request.json\n")
            return 2


def _once(verb: str) -> int:
    try:
        request = json.loads(sys.stdin.read())
    except ValueError as error:
        sys.stderr.write(f"the request is not JSON: {error}\n")
        return 2
    with Connections() as connections:
        _line(
            answer(
                verb,
                request,
                lambda message, host: _line(progress(message, host)),
                connections,
                Listener(lambda measured: _line(point(measured))),
            )
        )
    return 0


def _become(path: Path) -> int:
    try:
        return lab_exec(check_protocol(json.loads(path.read_text())))
    except StagesError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _nobody_listens() -> bool:
    """Whether stdout is a pipe whose reader is gone."""
    asked = select.poll()
    asked.register(sys.stdout, 0)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in asked.poll(0))


def _line(document: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
