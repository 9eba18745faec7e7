"""One load on a stage: the requests, the client that sends them, and the file that tells of them."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from suites.clients.runner import Clients
from suites.load.arrivals import Arrival
from suites.load.mix import Act, Subject
from suites.load.sampled import Sample, joined
from suites.openstack.access import access
from suites.seam.target import Target

MODULE = "suites.load.load_client"
# Its requests end by themselves; this is for a process that hangs despite that, on a full machine.
MORE_S = 60.0


def under_load(
    clients: Clients, subjects: Sequence[Subject], due: Sequence[Arrival], name: str
) -> tuple[Sample, ...]:
    """Send all requests. Raises ClientFailed, NotMeasured, and KeyError for an endpoint that is not there."""
    asked = [request(clients.target, subjects, one) for one in due]
    within = max((one.at + one.held for one in due), default=0.0) + MORE_S
    order = {"access": access(clients.target), "name": name, "due": asked}
    return joined(due, clients.ask(MODULE, order, within=within)["ended"])


def request(target: Target, subjects: Iterable[Subject], due: Arrival) -> dict[str, object]:
    """Return a request in the form that the client reads. Raises KeyError."""
    mix = next(one.mix for one in subjects if one.component == due.component)
    base = (
        target.endpoint_on(mix.endpoint, target.host(due.host))
        if due.host
        else target.endpoints[mix.endpoint]
    )
    path = "" if due.act is Act.RECORD else due.path
    return {
        "at": due.at,
        "url": base.rstrip("/") + path,
        "act": due.act.value,
        "held": due.held,
        "kind": mix.record.value,
    }


def write(samples: Iterable[Sample], path: Path) -> None:
    """Write a line of JSON for each request, as evidence. Raises OSError."""
    lines = [
        json.dumps(
            {
                "component": one.due.component,
                "host": one.due.host,
                "series": one.due.series.name.casefold(),
                "act": one.due.act.value,
                "path": one.due.path,
                "due": round(one.due.at, 4),
                "sent": round(one.ended.sent, 4),
                "took": round(one.took, 4),
                "error": one.ended.error,
            }
        )
        for one in samples
    ]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
