"""A child for one call: `python -m stages VERB`, one request in, lines out. Every release supports it."""

import contextlib
import json
import subprocess
from collections.abc import Callable

from pipeline.adapters.children import Children
from pipeline.adapters.heard import Heard, Line, Request, Stderr, how_it_ended, parsed, result_in, too_long
from pipeline.adapters.homes import Home
from pipeline.adapters.time_limit import time_limit


def call_once(
    children: Children, home: Home, request: Request, progress: Callable[[Line], None], limit_s: float
) -> Heard:
    """Make one call of the home's code; `progress` receives its progress lines as they arrive."""
    with (
        contextlib.closing(Stderr()) as stderr,
        children.running(home, ["stages", request.verb], stderr.file) as child,
    ):
        with time_limit(child, limit_s) as too_late:
            _send(child, request)
            result = result_in((parsed(raw) or {} for raw in child.stdout or ()), progress)
            status = child.wait()
        broke = how_it_ended(status) if status else None
        return Heard(result, too_long(limit_s) if too_late.is_set() else broke, stderr.new(), stderr.last())


def _send(child: subprocess.Popen[bytes], request: Request) -> None:
    if child.stdin is None:
        return
    with contextlib.suppress(BrokenPipeError), child.stdin:  # the exit status reports a child that died early
        child.stdin.write(json.dumps(request.document).encode())
