"""What a client of a gate saw, from its trace: a line for the client, and one for each request. Pure."""

import json
from datetime import datetime
from typing import Any

from pipeline.picture.subject import Client, Failure

_OK = "ok"


def read_client(name: str, text: str) -> Client | None:
    """The client of a trace; None if the trace does not say when it began, or has no line yet.

    A last line without its end is left out: a client that was killed leaves one. Raises KeyError, TypeError
    or ValueError for anything else than a trace.
    """
    first, *lines = text[: text.rfind("\n") + 1].splitlines() or [""]
    head: dict[str, Any] = json.loads(first) if first else {}
    if not head.get("wall_started"):
        return None
    # Times in a trace are of a clock that all clients of a gate share, and that knows no date.
    offset = datetime.fromisoformat(str(head["wall_started"])).timestamp() - float(head["started"])
    requests = [json.loads(line) for line in lines]
    return Client(
        name,
        float(head["rate"]),
        float(head["started"]) + offset,
        max([float(head["started"]), *(float(one["end"]) for one in requests)]) + offset,
        tuple(float(one["end"]) + offset for one in requests if one["outcome"] == _OK),
        tuple(Failure(float(one["end"]) + offset, _how(one)) for one in requests if one["outcome"] != _OK),
    )


def _how(request: dict[str, Any]) -> str:
    error = request.get("error")
    return f"{request['outcome']}: {error}" if error else str(request["outcome"])
