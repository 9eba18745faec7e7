"""Whether the VIP answers: what a client got from each endpoint at it."""

import re
from collections.abc import Mapping

from suites.clients.runner import Answer, Clients
from suites.hosts.reading import Observation

# A load balancer itself answers 503 where no server does, and 504 where one hangs.
ANSWERED = re.compile(r"answered [1-4]\d\d|greeted by .+")


def ask(clients: Clients, endpoints: Mapping[str, str]) -> Answer:
    """Ask each endpoint once, as a client of the stage. Raises ClientFailed."""
    return clients.ask("suites.clients.endpoint_client", {"endpoints": dict(endpoints)})


def answers(said: Mapping[str, object]) -> Observation:
    """Say whether a service answered at every endpoint of the VIP, and no load balancer for it."""
    wrong = [f"{name}: {text}" for name, text in said.items() if not ANSWERED.fullmatch(str(text))]
    listed = ", ".join(f"{name} {text}" for name, text in said.items())
    return Observation(bool(said) and not wrong, "; ".join(wrong) or listed or "there is no endpoint to ask")
