"""The secrets of a stage: generated into the site (mode 0600) the first time they are needed, then kept.

A secret that the config refers to is read from its place each time and never written into the site.
"""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from stages.design.manifest import Manifest
from stages.design.parts import Secret, SecretKind
from stages.design.rendering import marked
from stages.machine.references import Reference
from stages.machine.secret_stores.opening import Stores, opened
from stages.machine.secret_stores.store import Unread
from stages.machine.site import Site, write_once

DIGEST_KEY = "digest-key"
FERNET_BYTES = 32
# Passwords go into URLs, SQL and several kinds of files: these characters need no quoting in any of them.
_PASSWORD = re.compile(r"[A-Za-z0-9._~-]{8,128}")


def folder(site: Site, stage: str) -> Path:
    """The folder of the stage's secrets, one file each."""
    return site.path / "secrets" / stage


def ensure(
    site: Site, stage: str, wanted: Iterable[Secret], references: Mapping[str, Reference]
) -> dict[str, str]:
    """The values of the wanted secrets and of the key for digests, by name; generate those that are missing.

    Raises SecretUnusable if a place that `references` names has no usable value.
    """
    wanted = tuple(wanted)
    for secret in (*wanted, Secret(DIGEST_KEY)):
        path = folder(site, stage) / secret.name
        if secret.name not in references and not path.exists():
            write_once(path, _new(secret.kind))
    return known(site, stage, wanted, references)


def known(
    site: Site, stage: str, wanted: Iterable[Secret], references: Mapping[str, Reference]
) -> dict[str, str]:
    """The values of those that exist or are referenced, by name; generate none. Raises as `ensure` does."""
    values = {}
    with opened(os.environ) as stores:
        for secret in (*wanted, Secret(DIGEST_KEY)):
            path = folder(site, stage) / secret.name
            if secret.name in references:
                values[secret.name] = _fitting(secret, references[secret.name], stores)
            elif path.exists():
                values[secret.name] = path.read_text()
    return values


def referenced(name: str, reference: Reference) -> str:
    """The value that a reference names, as it is. Raises SecretUnusable if there is none."""
    with opened(os.environ) as stores:
        return _read(name, reference, stores)


def forgotten(site: Site, stage: str, wanted: Iterable[Secret], references: Mapping[str, Reference]) -> bool:
    """Whether secrets are to be generated, and neither one of them nor the key for digests is here.

    A deployment generates them before it makes the first host. So where hosts stand, another site made them.
    """
    generated = [secret.name for secret in wanted if secret.name not in references]
    known_here = (name for name in (*generated, DIGEST_KEY) if (folder(site, stage) / name).exists())
    return bool(generated) and not any(known_here)


def of_host(values: Mapping[str, str], manifest: Manifest) -> dict[str, str]:
    """The values that one host may know: those that its files name, and the key for digests."""
    named = {name for file in manifest.files for name in marked(file.content)} | {DIGEST_KEY}
    return {name: value for name, value in values.items() if name in named}


def _read(name: str, reference: Reference, stores: Stores) -> str:
    value = stores.read(reference)
    if isinstance(value, Unread):
        raise reference.unusable(name, value.why, value.next, transient=value.transient)
    return value


def _fitting(secret: Secret, reference: Reference, stores: Stores) -> str:
    value = _read(secret.name, reference, stores)
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
