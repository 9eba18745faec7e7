"""The token with which a job of a CI server proves who started it (an OpenID Connect ID token).

No error repeats any of the token's text, and none is chained to one of the library that might.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.actor import Actor
from pipeline.core.errors import NotProved, TryAgain
from pipeline.core.identity import Identity, actor_of, not_proved

if TYPE_CHECKING:
    import jwt

_KEYS = "/oauth/discovery/keys"
_ALGORITHMS = ["RS256"]  # what GitLab signs with; never "none", nor a key that both sides know
_TIMEOUT_S = 10.0
_LEEWAY_S = 30.0  # by how much the clocks of issuer and site may differ


def proved(token: str, identity: Identity) -> Actor:
    """The person that the token names.

    Raises NotProved for a token that does not verify, or is of a project that does not count; TryAgain when
    the issuer's keys cannot be fetched.
    """
    import jwt  # noqa: PLC0415 - slow to import, and only a job has a token

    try:
        name = jwt.get_unverified_header(token).get("kid")
    except jwt.InvalidTokenError:
        raise not_proved("it is malformed") from None
    found = _keys_in(Path(identity.keys)) if identity.keys else _keys_of(identity.issuer)
    key = next((key for key in found.keys if key.key_id == name), None)
    if key is None:
        raise not_proved(f"it is signed with a key that {identity.keys or identity.issuer} does not have")
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=_ALGORITHMS,
            audience=identity.audience,
            issuer=identity.issuer,
            leeway=_LEEWAY_S,
            options={"require": ["iss", "aud", "exp", "iat"]},
        )
    except jwt.InvalidTokenError as problem:
        raise not_proved(_why(problem, identity)) from None
    return actor_of(claims, identity.projects)


def _why(problem: Exception, identity: Identity) -> str:
    import jwt  # noqa: PLC0415 - as above

    reasons: Mapping[type[Exception], str] = {
        jwt.ExpiredSignatureError: "it has expired",
        jwt.ImmatureSignatureError: "it is not valid yet",
        jwt.InvalidSignatureError: "its signature is wrong",
        jwt.InvalidAlgorithmError: f"it is not signed with {' or '.join(_ALGORITHMS)}",
        jwt.InvalidAudienceError: f"its audience is not {identity.audience}",
        jwt.InvalidIssuerError: f"its issuer is not {identity.issuer}",
    }
    if isinstance(problem, jwt.MissingRequiredClaimError):
        return f"its claim {problem.claim} is missing"
    return reasons.get(type(problem), "it is malformed")


def _keys_of(issuer: str) -> "jwt.PyJWKSet":
    import jwt  # noqa: PLC0415 - as above

    address = issuer.rstrip("/") + _KEYS
    try:
        return jwt.PyJWKClient(address, timeout=_TIMEOUT_S).get_jwk_set()
    except (jwt.PyJWTError, OSError, ValueError) as problem:
        raise TryAgain(
            "the keys of the issuer of tokens cannot be fetched; nothing was changed",
            where=address,
            why=str(problem),
            next="the same command again",
        ) from problem


def _keys_in(file: Path) -> "jwt.PyJWKSet":
    import jwt  # noqa: PLC0415 - as above

    try:
        return jwt.PyJWKSet.from_dict(json.loads(file.read_text(encoding="utf-8")))
    except (jwt.PyJWTError, OSError, ValueError, AttributeError) as problem:
        raise NotProved(
            "the keys of the issuer of tokens cannot be read; nothing was changed",
            where=str(file),
            why=str(problem),
            next="promote line show",
        ) from problem
