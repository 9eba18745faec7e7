"""The administrator's way into the APIs, as checks hand it to clients."""

from pydantic import BaseModel

from suites.seam.target import SecretReference, Target


class Access(BaseModel):
    """Where a token is taken, and where the administrator's password lies; the password is not in it."""

    identity: str
    password: SecretReference


def access(target: Target) -> dict[str, object]:
    """Return the way into a target as a part of a client's request. Raises KeyError."""
    return {
        "identity": target.endpoints["identity"],
        "password": target.secrets["admin_password"].to_json(),
    }
