"""The address of a shared ledger: libpq's own form of a URL, in which a password is only referred to."""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from pipeline.adapters.references import is_reference, resolved
from pipeline.adapters.surroundings import LEDGER, SECRETS, secrets_in
from pipeline.core.errors import UsageProblem

_SCHEMES = ("postgresql://", "postgres://")
_NEXT = "docs/operate.md, 'A ledger for several machines'"
# Seconds. Without them a command would wait for hours for a server that a broken network hides.
_PATIENCE = {
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",  # milliseconds
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a shared ledger is.

    `shown` is for messages and has no secret. `parameters` are libpq's; of its secrets, they have references:
    `env:NAME` or `file:/path`.
    """

    shown: str
    parameters: Mapping[str, str]

    def connection(self, environment: Mapping[str, str]) -> Mapping[str, str]:
        """Libpq's parameters, with the secrets. Raises UsageProblem for a reference that names nothing."""
        secrets = {
            name: _resolved(self.parameters[name], environment) for name in SECRETS if name in self.parameters
        }
        return {**_PATIENCE, "application_name": "stagegate", **self.parameters, **secrets}


def parse(url: str) -> Address:
    """The address that this URL is.

    Raises UsageProblem if it is none, or has a secret itself. The message repeats no part of it, since a
    secret may be anywhere in a URL that is wrong.
    """
    if not url.startswith(_SCHEMES):
        raise _unusable("it does not begin with postgresql://")
    try:
        found = {name: str(value) for name, value in conninfo_to_dict(url).items()}
        secrets = secrets_in(url)
    except (ProgrammingError, ValueError):
        raise _unusable("PostgreSQL's library cannot read it as a URL") from None
    # What is kept from children is what `secrets_in` finds, so it must be what the library will use.
    if secrets != {name: found[name] for name in SECRETS if name in found}:
        raise _unusable("it is not clear what its password is: percent-encode what separates parts of a URL")
    for name, secret in secrets.items():
        if not is_reference(secret):
            raise _unusable(f"it has a {name}; refer to it instead: {name}=env:NAME or {name}=file:/path")
    return Address(_shown(found), found)


def _shown(found: Mapping[str, str]) -> str:
    user = f"{found['user']}@" if "user" in found else ""
    host, port = found.get("host", ""), found.get("port")
    # A path is a folder of sockets; it could not be told from the database after it.
    folder = f"?host={host}" if host.startswith("/") else ""
    place = "" if folder else host + (f":{port}" if port else "")
    return f"postgresql://{user}{place}/{found.get('dbname', '')}{folder}"


def _resolved(reference: str, environment: Mapping[str, str]) -> str:
    try:
        return resolved(reference, environment)
    except ValueError as problem:
        raise _unusable(str(problem)) from None


def _unusable(why: str) -> UsageProblem:
    return UsageProblem(f"the address in {LEDGER} cannot be used", why=why, next=_NEXT)
