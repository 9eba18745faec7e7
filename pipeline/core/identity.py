"""Who vouches for the people of a site, and what a job's token says about its person."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.core.actor import Actor
from pipeline.core.errors import NotProved

# Keys that came without TLS could be anybody's, unless they came from this very machine.
_ISSUER = re.compile(r"https://[^\s/@?#]+(/[^\s@?#]*)?|http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s@?#]*)?")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose tokens are believed: those of an issuer, such as a GitLab, that name this audience.

    `issuer` is its URL as its tokens have it. `keys` is the absolute path of a file with its public keys (a
    JSON Web Key Set), for a site that cannot reach it; if empty, the issuer is asked for them.
    """

    issuer: str
    audience: str
    keys: str = ""

    def __str__(self) -> str:
        keys = f", by the keys in {self.keys}" if self.keys else ""
        return f"tokens of {self.issuer} for {self.audience}{keys}"

    def problems(self) -> Mapping[str, str]:
        """Why it is unusable, by the name of the field; empty when it is valid."""
        found: dict[str, str] = {}
        if not _ISSUER.fullmatch(self.issuer):
            found["issuer"] = "issuer must be a URL that begins with https://, without credentials or a query"
        if not self.audience.strip():
            found["audience"] = "audience must not be empty"
        if self.keys and not self.keys.startswith("/"):
            found["keys"] = "keys must be an absolute path"
        return found


def actor_of(claims: Mapping[str, object]) -> Actor:
    """The person of these claims, which somebody has verified. Raises NotProved if they name none."""
    login, project, job = (_text(claims, name) for name in ("user_login", "project_path", "job_id"))
    return Actor(login, proved=True, job=f"job {job} of {project}")


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value.strip():
        raise not_proved(f"its claim {name} has no text")
    return value


def not_proved(why: str) -> NotProved:
    """The error for a token that proves nothing, without its text."""
    return NotProved(
        "the token of this job does not prove who runs this command; nothing was changed",
        where="the variable STAGEGATE_ID_TOKEN",
        why=why,
        next="promote line show",
    )
