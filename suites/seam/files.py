"""Files that are replaced as a whole, so that a reader never sees half of one."""

import os
from pathlib import Path


def replace_file(path: Path, text: str, *, durable: bool = True) -> None:
    """Replace a file, if there is one, atomically by one that only its owner can read.

    A durable file is on disk when this returns; any other survives a crash of this process, but not of the
    machine. Raises OSError.
    """
    new = path.with_name(f".{path.name}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        if durable:
            file.flush()
            os.fsync(descriptor)
    new.replace(path)
    if durable:
        sync(path.parent)


def sync(directory: Path) -> None:
    """Return once the names in a directory are on disk. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
