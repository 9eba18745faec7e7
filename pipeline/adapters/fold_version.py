"""Which fold this version of Stagegate has. A snapshot of another one is not its own."""

import hashlib
from pathlib import Path

from pipeline import core
from pipeline.core.codec import SCHEMA


def fold_version() -> str:
    """The schema of events, and the SHA-256 of all that decides about them, shortened: `3-0a1b2c3d4e5f6071`.

    It is computed, since a number that somebody must raise would be forgotten once.
    """
    sources = sorted(Path(core.__file__).parent.rglob("*.py"))
    digest = hashlib.sha256()
    for source in sources:
        digest.update(hashlib.sha256(source.read_bytes()).digest())
    return f"{SCHEMA}-{digest.hexdigest()[:16]}"
