"""Answer a request: every one gets a result, whatever goes wrong."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from stages.errors import BadRequest, LabInUse, StagesError
from stages.machine.substrates.connections import Connections
from stages.planning.steps import Retry
from stages.requests.verbs import NOBODY, PROTOCOL, VERBS, Listener, Request, Result, Say, Service


def answer(
    verb: str,
    request: object,
    say: Say,
    connections: Connections,
    listener: Listener = NOBODY,
) -> dict[str, Any]:
    """Return the result line, even when nothing could be done or this code has a defect.

    Its `retries` lists everything that was retried, whether or not it succeeded. The `listener` gets what
    a verb measures meanwhile.
    """
    retries: list[Retry] = []
    service = Service(say, retries.append, connections, listener)
    try:
        result = _verb(verb)(check_protocol(request), service)
    except StagesError as error:
        parts = {"what": error.what, "where": error.where, "why": error.why, "next": error.next}
        in_use = isinstance(error, LabInUse)
        result = {"ok": False, "error": parts, "transient": error.transient, "in_use": in_use}
    except Exception as error:  # noqa: BLE001 - the engine always gets an answer, people the traceback
        traceback.print_exc()
        result = {
            "ok": False,
            "error": {"what": repr(error), "where": verb, "why": "a defect", "next": _look(request)},
            "transient": False,
        }
    tried_again = [asdict(retry) for retry in retries]
    return {"event": "result", "protocol": PROTOCOL, "retries": tried_again, **result}


def check_protocol(request: object) -> dict[str, Any]:
    """Return the request. Raises BadRequest when this code does not speak its protocol."""
    found = request.get("protocol") if isinstance(request, dict) else None
    if not isinstance(request, dict) or found != PROTOCOL:
        raise BadRequest(
            "the request uses a protocol that this release does not speak",
            where="the request on stdin",
            why=f"this code speaks protocol {PROTOCOL}, the request {found!r}",
            next="use the promote of a checkout that is closer to this release",
        )
    return request


def _verb(name: str) -> Callable[[Request, Service], Result]:
    if name not in VERBS:
        raise BadRequest(
            f"there is no verb {name!r}",
            where="the request on stdin",
            why=f"this code has {', '.join(VERBS)}",
            next="use the promote of a checkout that is closer to this release",
        )
    return VERBS[name]


def progress(message: str, host: str | None) -> dict[str, Any]:
    """The line that reports progress."""
    return {"event": "progress", "message": message, **({"host": host} if host else {})}


def point(measured: Mapping[str, Any]) -> dict[str, Any]:
    """The line with one point that a verb has measured."""
    return {"event": "point", **measured}


def _look(request: object) -> str:
    promotion = request.get("promotion") if isinstance(request, dict) else None
    return f"promote show {promotion}" if promotion else "promote status"
