"""Tokens across identity hosts, and the catalog that a token comes with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from suites.clients.runner import Clients
from suites.hosts.host import Host
from suites.hosts.reading import Observation
from suites.seam.target import Target

INTERFACES = ("admin", "internal", "public")


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its user, its short digest, whom each host takes it for, and its identity endpoints."""

    user: str
    token: str
    valid: Mapping[str, str]
    catalog: Mapping[str, str]


def take(clients: Clients, target: Target, at: Host, show_to: Iterable[Host]) -> Token:
    """Get a token from one host and validate it on others, each at its own endpoint. Raises ClientFailed."""
    urls = {host.name: target.endpoint_on("identity", target.host(host.name)) for host in (at, *show_to)}
    request = {
        "issue": urls[at.name],
        "validate_at": [urls[host.name] for host in show_to],
        "password": target.secrets["admin_password"].to_json(),
    }
    answer = clients.ask("suites.clients.token_client", request)
    token = TypeAdapter(Token).validate_python(answer)
    return Token(
        token.user, token.token, {host.name: token.valid[urls[host.name]] for host in show_to}, token.catalog
    )


def valid_everywhere(token: Token, issued_at: str) -> Observation:
    """Say whether all hosts that validated the token name its user."""
    wrong = [f"{host} says {said}" for host, said in token.valid.items() if said != token.user]
    issued = f"token {token.token} of {token.user} issued on {issued_at}"
    if wrong or not token.valid:
        return Observation(holds=False, seen=f"{issued}: {', '.join(wrong) or 'no host was asked'}")
    return Observation(holds=True, seen=f"{issued}, valid on {', '.join(token.valid)}")


def catalogued(token: Token, endpoint: str) -> Observation:
    """Say whether the catalog names the identity endpoint for all interfaces."""
    wrong = [
        f"{interface} is {token.catalog.get(interface, 'missing')}"
        for interface in INTERFACES
        if token.catalog.get(interface, "").rstrip("/") != endpoint.rstrip("/")
    ]
    seen = f"identity at {endpoint} for {', '.join(INTERFACES)}"
    return Observation(holds=not wrong, seen=f"wanted {endpoint}: {', '.join(wrong)}" if wrong else seen)
