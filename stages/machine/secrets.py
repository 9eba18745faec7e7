"""The secrets of a stage: generated into the site (mode 0600) the first time they are needed, then kept.

One that the config refers to is read from its place each time, and never written into the site.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from stages.design.manifest import Manifest
from stages.design.parts import Secret, SecretKind
from stages.design.rendering import marked
from stages.machine.references import Reference
from stages.machine.site import Site, write_once

DIGEST_KEY = "digest-key"
FERNET_BYTES = 32
# A password comes to stand in URLs, in SQL and in files of several kinds: it needs no quoting in any.
_PASSWORD = re.compile(r"[A-Za-z0-9._~-]{8,128}")


def folder(site: Site, stage: str) -> Path:
    """Where the stage's secrets lie, a file each."""
    return site.path / "secrets" / stage


def ensure(
    site: Site, stage: str, wanted: Iterable[Secret], references: Mapping[str, Reference]
) -> dict[str, str]:
    """Name to value of the wanted secrets and of the key for digests; what is missing is made.

    Raises SecretUnusable when a place that `references` names has no value that can be used.
    """
    values = {}
    for secret in (*wanted, Secret(DIGEST_KEY)):
        if secret.name in references:
            values[secret.name] = _referenced(secret, references[secret.name])
            continue
        path = folder(site, stage) / secret.name
        if not path.exists():
            write_once(path, _new(secret.kind))
        values[secret.name] = path.read_text()
    return values


def known(
    site: Site, stage: str, wanted: Iterable[Secret], references: Mapping[str, Reference]
) -> dict[str, str]:
    """Name to value of those that were made already or are referenced; makes none. Raises as `ensure`."""
    values = {}
    for secret in (*wanted, Secret(DIGEST_KEY)):
        path = folder(site, stage) / secret.name
        if secret.name in references:
            values[secret.name] = _referenced(secret, references[secret.name])
        elif path.exists():
            values[secret.name] = path.read_text()
    return values


def of_host(values: Mapping[str, str], manifest: Manifest) -> dict[str, str]:
    """Of a stage's values those that one host may know: what its files name, and the key for digests."""
    named = {name for file in manifest.files for name in marked(file.content)} | {DIGEST_KEY}
    return {name: value for name, value in values.items() if name in named}


def _referenced(secret: Secret, reference: Reference) -> str:
    value = reference.read(secret.name)
    match secret.kind:
        case SecretKind.PASSWORD:
            fits, wanted = _PASSWORD.fullmatch(value) is not None, "8 to 128 letters, digits and . _ ~ -"
        case SecretKind.FERNET:
            fits, wanted = _is_fernet_key(value), "32 bytes in URL-safe base64"
    if not fits:
        raise reference.unusable(secret.name, f"its content is not {wanted}")
    return value


def _is_fernet_key(value: str) -> bool:
    try:
        return len(base64.b64decode(value, altchars=b"-_", validate=True)) == FERNET_BYTES
    except (binascii.Error, ValueError):
        return False


def _new(kind: SecretKind) -> str:
    match kind:
        case SecretKind.PASSWORD:
            return secrets.token_hex(24)
        case SecretKind.FERNET:
            return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
