"""Places of each kind that hold values for tests, behind one form, and the environments that open them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import jwt
import pyrage
import yaml
from cryptography.hazmat.primitives import serialization
from issuer import new_key
from vault_server import Server

from stages.machine.references import Reference

_NUMBERS = count(1)


@dataclass(frozen=True)
class Ground:
    """A kind of place: `keep` writes a value and refers to it, `nothing` refers to where there is none."""

    environment: dict[str, str]
    keep: Callable[[str], Reference]
    nothing: Reference


Make = Callable[[Path, Server], Ground]


def variables(folder: Path, vault: Server) -> Ground:
    del folder, vault
    environment: dict[str, str] = {}

    def keep(value: str) -> Reference:
        environment["PROD_ADMIN"] = value
        return Reference.parse("env:PROD_ADMIN")

    return Ground(environment, keep, Reference.parse("env:PROD_OTHER"))


def files(folder: Path, vault: Server) -> Ground:
    del vault

    def keep(value: str) -> Reference:
        (folder / "value").write_text(f"{value}\n")
        return Reference.parse(f"file:{folder}/value")

    return Ground({}, keep, Reference.parse(f"file:{folder}/none"))


def age_file(folder: Path, vault: Server) -> Ground:
    """A whole file is the value; its identity is in a variable."""
    del vault
    identity = pyrage.x25519.Identity.generate()

    def keep(value: str) -> Reference:
        sealed = pyrage.encrypt(f"{value}\n".encode(), [identity.to_public()])
        (folder / "value.age").write_bytes(sealed)
        return Reference.parse(f"age:{folder}/value.age")

    return Ground({"STAGEGATE_AGE_IDENTITY": str(identity)}, keep, Reference.parse(f"age:{folder}/none.age"))


def age_key(folder: Path, vault: Server) -> Ground:
    """A key of a file has the value; its identity is in a file."""
    del vault
    identity = pyrage.x25519.Identity.generate()
    file = folder / "identity"
    file.write_text(f"# public key: {identity.to_public()}\n{identity}\n")
    file.chmod(0o600)

    def keep(value: str) -> Reference:
        text = yaml.safe_dump({"admin_password": value, "other": "unread"})
        sealed = pyrage.encrypt(text.encode(), [identity.to_public()], armored=True)
        (folder / "prod.yaml.age").write_bytes(sealed)
        return Reference.parse(f"age:{folder}/prod.yaml.age#admin_password")

    keep("unread")
    nothing = Reference.parse(f"age:{folder}/prod.yaml.age#none")
    return Ground({"STAGEGATE_AGE_IDENTITY_FILE": str(file)}, keep, nothing)


def _vault(
    vault: Server, engine: str, environment: Mapping[str, str], namespace: str | None = None
) -> Ground:
    path = f"{engine}/prod-{next(_NUMBERS)}"

    def keep(value: str) -> Reference:
        vault.put(path, {"admin": value}, namespace)
        return Reference.parse(f"vault:{path}#admin")

    return Ground(vault.environment(**environment), keep, Reference.parse(f"vault:{engine}/none#admin"))


def vault_token(folder: Path, vault: Server) -> Ground:
    del folder
    return _vault(vault, "two", {"VAULT_TOKEN": vault.token()})


def vault_version_1(folder: Path, vault: Server) -> Ground:
    """With the token in the file that `vault login` writes."""
    (folder / ".vault-token").write_text(vault.token())
    return _vault(vault, "team/one", {"HOME": str(folder)})


def vault_namespace(folder: Path, vault: Server) -> Ground:
    """With the token in a file of another name."""
    (folder / "token").write_text(f"{vault.token('apart')}\n")
    more = {"VAULT_NAMESPACE": "apart", "VAULT_TOKEN_FILE": str(folder / "token")}
    return _vault(vault, "two", more, "apart")


def vault_approle(folder: Path, vault: Server) -> Ground:
    del folder
    with vault.root() as client:
        client.auth.approle.create_or_update_approle("runner", token_policies=["reader"], token_type="batch")
        role = client.auth.approle.read_role_id("runner")["data"]["role_id"]
        secret = client.auth.approle.generate_secret_id("runner")["data"]["secret_id"]
    return _vault(vault, "two", {"VAULT_ROLE_ID": role, "VAULT_SECRET_ID": secret})


def vault_id_token(folder: Path, vault: Server) -> Ground:
    del folder
    key = new_key()
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    now = int(time.time())
    claims = {"sub": "job", "aud": vault.url, "project_path": "group/project"}
    times = {"iat": now - 5, "nbf": now - 5, "exp": now + 600}
    with vault.root() as client:
        client.auth.jwt.configure(jwt_validation_pubkeys=[public.decode()], path="gitlab")
        client.auth.jwt.create_role(
            "promoter",
            user_claim="sub",
            role_type="jwt",
            allowed_redirect_uris=[],
            bound_audiences=[vault.url],
            bound_claims={"project_path": "group/project"},
            token_policies=["reader"],
            path="gitlab",
        )
    token = jwt.encode({**claims, **times}, key, algorithm="RS256")
    more = {"VAULT_ID_TOKEN": token, "VAULT_AUTH_ROLE": "promoter", "VAULT_AUTH_PATH": "gitlab"}
    return _vault(vault, "two", more)


GROUNDS: tuple[Make, ...] = (
    variables,
    files,
    age_file,
    age_key,
    vault_token,
    vault_version_1,
    vault_namespace,
    vault_approle,
    vault_id_token,
)
