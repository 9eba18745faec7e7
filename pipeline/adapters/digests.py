"""SHA-256 of files, in hex, and copies that are compared with one."""

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import IO

_BLOCK = 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")


def is_digest(name: str) -> bool:
    """Whether this is a SHA-256 in hex."""
    return _DIGEST.fullmatch(name) is not None


def digest_of_file(path: Path) -> str:
    """The SHA-256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copied(source: IO[bytes], into: Path) -> str:
    """Copy into a new file, mode 0600, that is on disk when this returns; the digest of what was copied."""
    descriptor = os.open(into, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        shutil.copyfileobj(source, file, _BLOCK)
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()
