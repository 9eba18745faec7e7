"""The secrets of a stage: generated into the site (mode 0600) the first time they are needed, then kept."""

from __future__ import annotations

import base64
import secrets
from typing import TYPE_CHECKING

from stages.roles.role import Secret, SecretKind
from stages.site import write_once

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from stages.site import Site

DIGEST_KEY = "digest-key"


def folder(site: Site, stage: str) -> Path:
    """Where the stage's secrets lie, a file each."""
    return site.path / "secrets" / stage


def ensure(site: Site, stage: str, wanted: Iterable[Secret]) -> dict[str, str]:
    """Name to value of the wanted secrets and of the key for digests; what is missing is made."""
    values = {}
    for secret in (*wanted, Secret(DIGEST_KEY)):
        path = folder(site, stage) / secret.name
        if not path.exists():
            write_once(path, _new(secret.kind))
        values[secret.name] = path.read_text()
    return values


def known(site: Site, stage: str, wanted: Iterable[Secret]) -> dict[str, str]:
    """Name to value of those that were made already; makes none."""
    paths = {name: folder(site, stage) / name for name in (*(secret.name for secret in wanted), DIGEST_KEY)}
    return {name: path.read_text() for name, path in paths.items() if path.exists()}


def _new(kind: SecretKind) -> str:
    match kind:
        case SecretKind.PASSWORD:
            return secrets.token_hex(24)
        case SecretKind.FERNET:
            return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
