"""Files that are written atomically."""

import os
from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """Replace `path` by a file with this text, mode 0600. After a power cut it holds the old or new text."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(path)
    sync_directory(path.parent)


def rename_new(source: Path, target: Path) -> None:
    """Rename a directory. Raises FileExistsError if there is one of the new name."""
    try:
        source.rename(target)
    except OSError as problem:
        if target.is_dir():
            raise FileExistsError(str(target)) from problem
        raise


def sync_directory(path: Path) -> None:
    """Sync a directory's entries to disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
