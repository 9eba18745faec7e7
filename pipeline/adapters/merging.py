"""Putting files into a folder that may have some of them, without a change to any that is there."""

import filecmp
import os
from pathlib import Path

from pipeline.adapters.trees import files_in, written_in


def merge(source: Path, into: Path) -> tuple[str, ...]:
    """Put the files and links of a folder into another one, on the same disk, if nothing has their place.

    Returns the paths of those that `into` has with another content, or that have no place in it. Nothing is
    written through a link. Raises OSError for what cannot be read or written.
    """
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    differing = []
    for path in sorted(files_in(source)):
        name = path.relative_to(source)
        if not _placed(path, into, name) and not _are_same(path, into / name):
            differing.append(str(name))
    return tuple(differing)


def _placed(path: Path, into: Path, name: Path) -> bool:
    """Whether it was new there. Another process may write there too, so it is never asked first."""
    if any((into / parent).is_symlink() for parent in name.parents[:-1]):
        return False
    try:
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(path, into / name, follow_symlinks=False)
    except (FileExistsError, NotADirectoryError):
        return False
    return True


def _are_same(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and written_in(one) == written_in(other)
    return other.is_file() and filecmp.cmp(one, other, shallow=False)
