"""The administrator's access to the APIs, as checks pass it to clients."""

from pydantic import BaseModel

from suites.seam.target import SecretReference, Target


class Access(BaseModel):
    """The identity endpoint and a reference to the administrator's password, not the password itself."""

    identity: str
    password: SecretReference


def access(target: Target) -> dict[str, object]:
    """Return the access to a target as part of a client's request. Raises KeyError."""
    return {
        "identity": target.endpoints["identity"],
        "password": target.secrets["admin_password"].to_json(),
    }
