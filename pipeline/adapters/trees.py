"""Trees of files, in a commit or a directory: their entries, their digest, and what no release can hold."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.adapters.git import git
from pipeline.core.errors import Unpinnable

LINK = "120000"
_SUBMODULE, _NO_FILE = "160000", "000000"
_EXECUTABLE, _PLAIN = "100755", "100644"
_SHA1 = 40
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # the last are bytes that are not UTF-8
# Not part of a tree of files: `.git` is git's own, and `__pycache__` is never read from a release's copy.
_IGNORED = frozenset({".git", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One file or link of a tree, as `git ls-tree -r` names it."""

    mode: str
    kind: str
    object: str
    path: str

    def __str__(self) -> str:
        return f"{self.mode} {self.kind} {self.object}\t{self.path}"


def tree(repository: Path, commit: str) -> Sequence[Entry]:
    """The entries of a commit."""
    output = git(repository, "ls-tree", "-r", "-z", "--full-tree", commit)
    return tuple(_parsed(line) for line in output.split(b"\0") if line)


def tree_of_directory(directory: Path, *, links: bool = False) -> Sequence[Entry]:
    """The entries that `tree` would return for these files, so that equal files have equal digests.

    Symbolic links to files are followed or, with `links`, all are recorded as in git. `.git` and
    `__pycache__` are skipped. Raises OSError for what cannot be read.
    """
    return tuple(_entry(path, directory, links=links) for path in files_in(directory))


def digest_of_tree(entries: Iterable[Entry]) -> str:
    """The sha256, in hex, over the sorted entries."""
    lines = "".join(f"{line}\n" for line in sorted(map(str, entries)))
    return hashlib.sha256(lines.encode(errors="surrogateescape")).hexdigest()


def files_in(directory: Path) -> Iterator[Path]:
    """Everything below a directory but directories; linked ones are not entered."""
    for folder, folders, names in os.walk(directory, onerror=_raise):
        linked = [name for name in folders if Path(folder, name).is_symlink()]
        folders[:] = set(folders) - _IGNORED
        yield from (Path(folder, name) for name in {*names, *linked} - _IGNORED)


def written_in(link: Path) -> str:
    """What a link refers to, letter for letter."""
    return os.readlink(link)  # noqa: PTH115 - a Path makes `x` of `./x`


def require_pinnable(entries: Iterable[Entry], top: Path) -> None:
    """Raise Unpinnable, which names the first file, unless a copy can hold every one byte for byte."""
    for entry in entries:
        why = _unpinnable(entry)
        if why is not None:
            raise cannot_hold(entry, top, why)


def cannot_hold(entry: Entry, top: Path, why: str) -> Unpinnable:
    """The refusal of one file of the repository or directory `top`."""
    return Unpinnable(
        "a release cannot hold this file",
        where=f"{top}: {entry.path!r}",
        why=why,
        next="remove or rename it, and commit",
    )


def _unpinnable(entry: Entry) -> str | None:
    parts = entry.path.split("/")
    if _CONTROL.search(entry.path):
        return "its name has a line break, another control character, or bytes that are not UTF-8"
    if not {"", ".", "..", *_IGNORED}.isdisjoint(parts):
        return "no file of a release may have this name"
    if entry.mode == _SUBMODULE:
        return "it is a submodule, whose files are not in this repository"
    if entry.mode == _NO_FILE:
        return "it is neither a file nor a link to one"
    if len(entry.object) != _SHA1:
        return "its repository names objects by sha256; only sha1 is supported"
    return None


def _parsed(line: bytes) -> Entry:
    words, _, path = line.partition(b"\t")
    mode, kind, name = words.decode().split()
    return Entry(mode, kind, name, path.decode(errors="surrogateescape"))


def _entry(path: Path, directory: Path, *, links: bool) -> Entry:
    if links and path.is_symlink():
        mode, data = LINK, os.fsencode(written_in(path))
    elif path.is_file():
        mode, data = _EXECUTABLE if path.stat().st_mode & 0o100 else _PLAIN, path.read_bytes()
    else:
        mode, data = _NO_FILE, b""
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    name = os.fsencode(path.relative_to(directory)).decode(errors="surrogateescape")
    return Entry(mode, "blob", blob, name)


def _raise(problem: OSError) -> None:
    raise problem
