"""Byte for byte copies of the files of a commit or a directory: git's attributes and settings change none."""

import io
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.adapters.git import git
from pipeline.adapters.trees import LINK, Entry, cannot_hold, files_in, tree_of_directory

_POINTER = b"version https://git-lfs.github.com/spec/"


def extract(repository: Path, entries: Sequence[Entry], into: Path, *, top: Path | None = None) -> None:
    """Write entries of a commit, which can be pinned, into a new directory, and compare the result with them.

    `top` is what their paths are relative to; by default the repository.

    Raises Unpinnable, which names the file, for a pointer of Git LFS, for a link that leaves the directory,
    and where this file system holds something else, as one without upper and lower case does.
    """
    into.mkdir(parents=True)
    named, links = top or repository, []
    for entry, data in zip(entries, _blobs(repository, entries), strict=True):
        if data.startswith(_POINTER):
            raise cannot_hold(entry, named, "it is a Git LFS pointer: its content is not in the repository")
        if entry.mode == LINK:
            links.append((entry, data))
        else:
            _write(into / entry.path, data, 0o755 if entry.mode.endswith("755") else 0o644)
    for entry, target in links:  # after all files, so that none is written through a link
        path = into / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(os.fsdecode(target))
    for entry, target in links:
        if target.startswith(b"/") or not (into / entry.path).resolve().is_relative_to(into.resolve()):
            raise cannot_hold(entry, named, f"it links to {os.fsdecode(target)!r}, outside of its tree")
    different = sorted(set(entries) ^ set(tree_of_directory(into, links=True)), key=str)
    if different:
        raise cannot_hold(different[0], named, "its copy in the site differs from the commit")


def copy_directory(source: Path, into: Path) -> None:
    """Copy the files of a directory, without `.git` and compiled Python; links to files become files."""
    into.mkdir(parents=True)
    for path in files_in(source):
        target = into / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def _blobs(repository: Path, entries: Sequence[Entry]) -> Iterator[bytes]:
    wanted = "".join(f"{entry.object}\n" for entry in entries)
    output = io.BytesIO(git(repository, "cat-file", "--batch", "--buffer", given=wanted.encode()))
    for entry in entries:
        _, *found = output.readline().split()
        if found[:1] != [b"blob"]:
            raise cannot_hold(entry, repository, f"its content is not in this clone (object {entry.object})")
        yield output.read(int(found[1]))
        output.read(1)


def _write(path: Path, data: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
