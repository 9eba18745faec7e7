"""Being of use again: what a component is looked at for once its units were started anew."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from suites.clients.runner import Clients
from suites.hosts.host import Host
from suites.hosts.observation import Observation
from suites.openstack.asking import Answer, Asking
from suites.seam.target import Target

GOOD = 200


@dataclass(frozen=True, slots=True)
class Use:
    """A host whose units were started anew, and the stage that must have it back.

    `since` is when they had been, in seconds of the epoch, by the host's own clock. `name` is unique, for
    what is made to be looked at.
    """

    host: Host
    since: float
    name: str
    target: Target
    fleet: Mapping[str, Host]
    clients: Clients
    api: Asking

    def carriers(self, component: str) -> tuple[Host, ...]:
        """Return the hosts that carry a component, in the target's order."""
        return tuple(self.fleet[host.name] for host in self.target.carrying(component))

    def answers(self, endpoint: str, path: str) -> Observation:
        """Say whether the host's own API gives the administrator a list. Raises ClientFailed."""
        base = self.target.endpoint_on(endpoint, self.target.host(self.host.name)).rstrip("/")
        return answered(f"{endpoint} API", path, self.api.get(base + path))

    def reported(self, endpoint: str, binary: str) -> Observation:
        """Say whether a program of the host is up and has reported since. Raises ClientFailed."""
        url = self.target.endpoints[endpoint].rstrip("/") + "/os-services"
        answer = self.api.get(url)
        listed = answer.document if isinstance(answer.document, dict) else {}
        return fresh(listed.get("services", ()), binary, self.host.name, self.since)


def answered(what: str, path: str, answer: Answer) -> Observation:
    """Say whether an API answered with a document."""
    holds = answer.status == GOOD and answer.document is not None
    return Observation(holds, f"{what}: GET {path} is answered {answer.status}")


def fresh(rows: Iterable[Mapping[str, Any]], binary: str, host: str, since: float) -> Observation:
    """Say whether a list of services has a program of a host as up, by a report made since.

    Reports are written down in whole seconds: one of the second in which the program was started anew may be
    the last of the one before it.
    """
    mine = [row for row in rows if (row.get("binary"), row.get("host")) == (binary, host)]
    if not mine:
        return Observation(holds=False, seen=f"{binary} on {host} is not listed")
    state, at = str(mine[0].get("state")), str(mine[0].get("updated_at") or "")
    if not at:
        return Observation(holds=False, seen=f"{binary} on {host} has never reported")
    reported = datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()
    new = reported >= math.ceil(since)
    age = f"{reported - since:+.0f} s from its start"
    word = "a report" if new else "no report since, the last"
    return Observation(new and state == "up", f"{binary} on {host} is {state}, {word} {age}")
