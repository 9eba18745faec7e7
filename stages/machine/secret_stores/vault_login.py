"""How this process proves itself to Vault: by a token, a job's id_token, or an AppRole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import hvac
from hvac import exceptions

from stages.machine.secret_stores.store import Unread
from stages.machine.secret_stores.vault_session import is_safe


@dataclass(frozen=True, slots=True)
class Token:
    """A token that somebody has got already."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IdToken:
    """A JSON web token that a CI job got, the role to ask for, and where Vault has this method."""

    token: str = field(repr=False)
    role: str
    path: str


@dataclass(frozen=True, slots=True)
class AppRole:
    """The two ids of an AppRole, and where Vault has this method."""

    role: str
    secret: str = field(repr=False)
    path: str


Proof = Token | IdToken | AppRole


def proof(environment: Mapping[str, str]) -> Proof | Unread:
    """Return the first proof that the environment has: VAULT_TOKEN, an id_token, an AppRole, a file.

    The file is the one of VAULT_TOKEN_FILE, else where `vault login` writes the token.
    """
    given = environment.get
    if token := given("VAULT_TOKEN"):
        return _token(token, "VAULT_TOKEN", "set VAULT_TOKEN again, without the newline")
    if token := given("VAULT_ID_TOKEN"):
        return IdToken(token, given("VAULT_AUTH_ROLE", ""), given("VAULT_AUTH_PATH") or "jwt")
    if (role := given("VAULT_ROLE_ID")) and (secret := given("VAULT_SECRET_ID")):
        return AppRole(role, secret, given("VAULT_AUTH_PATH") or "approle")
    file = Path(given("VAULT_TOKEN_FILE") or f"{given('HOME', '')}/.vault-token")
    try:
        token = file.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        token = ""
    except OSError as error:
        return Unread(f"the token's file {file} can't be read: {error.strerror}", f"ls -l {file}")
    missing = f"there is no token: neither VAULT_TOKEN, VAULT_ID_TOKEN, VAULT_ROLE_ID nor {file}"
    return _token(token, f"the file {file}", "vault login") if token else Unread(missing, "vault login")


def _token(token: str, source: str, advice: str) -> Token | Unread:
    """A token as it can be sent: Vault makes none with other characters."""
    if token.isascii() and token.isprintable() and " " not in token:
        return Token(token)
    return Unread(f"the token of {source} has a newline, a space, or another character of no token", advice)


def namespace(environment: Mapping[str, str]) -> str | Unread:
    """Return the namespace, empty if there is none to name. One that can't be sent is refused."""
    written = environment.get("VAULT_NAMESPACE", "")
    if written.isascii() and written.isprintable() and written == written.strip():
        return written
    return Unread("VAULT_NAMESPACE has a character of no namespace", 'printf %s "$VAULT_NAMESPACE" | od -c')


def address(environment: Mapping[str, str]) -> str | Unread:
    """Return the address of the server. One that would send the token in plain text is refused."""
    written = environment.get("VAULT_ADDR", "")
    advice = "set VAULT_ADDR to the server's address, as https://vault.example.org:8200"
    if not written:
        return Unread("VAULT_ADDR is not set", advice)
    try:
        safe, netloc = is_safe(written), urlsplit(written).netloc
    except ValueError:
        return Unread("VAULT_ADDR is not an address", advice)
    if safe:
        # Vault has no passwords in its address; whoever put one there must not find it in a message.
        return written if "@" not in netloc else Unread("VAULT_ADDR has a password", advice)
    return Unread("VAULT_ADDR does not begin with https://, so that others could read along", advice)


def log_in(client: hvac.Client, proved: Proof) -> Unread | None:
    """Give the client its token, or return why Vault refused it. Raises what requests raise besides."""
    try:
        match proved:
            case Token():
                client.token = proved.token
            case IdToken():
                client.auth.jwt.jwt_login(role=proved.role or None, jwt=proved.token, path=proved.path)
            case AppRole():
                client.auth.approle.login(
                    role_id=proved.role, secret_id=proved.secret, mount_point=proved.path
                )
    except (exceptions.InvalidRequest, exceptions.Forbidden, exceptions.InvalidPath):
        path = "" if isinstance(proved, Token) else proved.path
        role = "VAULT_AUTH_ROLE" if isinstance(proved, IdToken) else "VAULT_ROLE_ID"
        return Unread(f"Vault refused the login at auth/{path}", f"compare {role} with the roles there")
    return None
