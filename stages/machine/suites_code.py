"""The digest of the code that judges a stage: the release's own suites, and the lock of what they import."""

import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SUITES, LOCK = "suites", "requirements/runtime.txt"
COMPILED = "__pycache__"


def digest(root: Path = ROOT) -> str:
    """SHA-256 in hex of the relative paths and contents of all files below suites/, and of the lock.

    Compiled Python is left out. A release without suites, or without a lock, has the digest of what it has.
    Raises OSError for a file that can't be read.
    """
    found = hashlib.sha256()
    for path in _files(root):
        content = path.read_bytes()
        found.update(f"{path.relative_to(root)}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def _files(root: Path) -> list[Path]:
    found = []
    for folder, folders, names in os.walk(root / SUITES):
        folders[:] = [name for name in folders if name != COMPILED]
        found += [Path(folder, name) for name in names]
    lock = root / LOCK
    return [*sorted(found), *([lock] if lock.exists() else [])]
