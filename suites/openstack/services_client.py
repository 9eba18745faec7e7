"""A client that lists services and agents through the VIP, several times, at a fixed interval.

Request, one line: `{"access": …, "lists": {kind: url}, "readings": number, "apart": seconds}`; kinds are
`compute`, `network` and `volume`. Answer: one JSON line each time, as soon as the lists are read,
`{kind: {"services": [{"binary", "host", "state", "enabled"}]} or {"error": text}}`. If one API does not
answer, the other lists still come.
"""

import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from keystoneauth1 import exceptions, session
from pydantic import BaseModel

from suites.openstack.access import Access
from suites.openstack.signed_in import signed_in

PATHS = {"compute": "/os-services", "volume": "/os-services", "network": "/v2.0/agents"}


class Request(BaseModel):
    """What to list, how many times, and the seconds from the start of one time to the next."""

    access: Access
    lists: Mapping[str, str]
    readings: int
    apart: float


def services(document: Mapping[str, Any]) -> list[dict[str, object]]:
    """Return the rows of a list in one format. Neutron calls alive what the others call up."""
    if "agents" in document:
        return [
            _service(row, "up" if row["alive"] else "down", enabled=row["admin_state_up"])
            for row in document["agents"]
        ]
    return [_service(row, row["state"], enabled=row["status"] == "enabled") for row in document["services"]]


def _service(row: Mapping[str, Any], state: str, *, enabled: bool) -> dict[str, object]:
    return {"binary": row["binary"], "host": row["host"], "state": state, "enabled": enabled}


def _listed(client: session.Session, kind: str, url: str) -> dict[str, object]:
    try:
        return {"services": services(client.get(url.rstrip("/") + PATHS[kind]).json())}
    except (exceptions.ClientException, LookupError, ValueError) as error:
        return {"error": f"{type(error).__name__}: {''.join(str(error).splitlines()[:1])}"}


def main() -> int:
    """Read the lists as requested; return the exit status."""
    request = Request.model_validate_json(sys.stdin.readline())
    client = signed_in(request.access)
    begin = time.monotonic()
    for number in range(request.readings):
        time.sleep(max(0.0, begin + number * request.apart - time.monotonic()))
        reading = {kind: _listed(client, kind, url) for kind, url in request.lists.items()}
        sys.stdout.write(json.dumps(reading) + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
