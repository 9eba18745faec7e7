"""A folder as one file, a compressed tar, and back. Equal folders give equal files."""

import gzip
import os
import tarfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from pipeline.adapters.trees import files_in, written_in
from pipeline.core.errors import UsageProblem

_QUICK = 1  # of gzip's nine levels; most of what is packed is small text


class NoArchive(UsageProblem):
    """An object is none that `pack` makes."""


def pack(folder: Path, without: Collection[Path], into: Path) -> bool:
    """Pack the files and links of a folder, but those below `without`; False if there are none.

    Of a file its path, its content and whether it is executable is kept. Raises OSError for what cannot be
    read, UsageProblem for what is neither file nor link.
    """
    found = sorted(path for path in files_in(folder) if not _is_below(path, without))
    if not found:
        return False
    with (
        into.open("xb") as file,
        gzip.GzipFile("", "wb", _QUICK, file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in found:
            _add(tar, path, str(path.relative_to(folder)))
    return True


def stray_links(folder: Path, without: Collection[Path]) -> Sequence[Path]:
    """The links in a folder, but those below `without`, that `unpack` would refuse: they lead out of it.

    So do absolute ones, as the folder comes back in another place, and those that lead back into it.
    """
    links = (path for path in files_in(folder) if path.is_symlink() and not _is_below(path, without))
    return sorted(path for path in links if not _stays(path, folder))


def unpack(packed: Path, into: Path) -> None:
    """Write what was packed into a folder that is new. Files are new, as those of any copy.

    Raises NoArchive if it is no such file, or has one that would not stay in the folder.
    """
    into.mkdir(mode=0o700, parents=True)
    try:
        with tarfile.open(packed, "r:gz") as tar:
            # The filter asks the standard library's `data`.
            tar.extractall(into, members=_of_now(tar), filter=_with_exact_links)  # noqa: S202
    except (tarfile.TarError, EOFError, gzip.BadGzipFile) as problem:
        raise NoArchive(
            "an object of the store is not an archive", where=packed.name, why=str(problem)
        ) from problem


def _is_below(path: Path, folders: Collection[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _stays(link: Path, folder: Path) -> bool:
    target = written_in(link)
    written = Path(os.path.normpath(link.parent.relative_to(folder) / target))
    really = Path(os.path.realpath(link.parent / target))
    is_inside = not written.is_absolute() and os.pardir not in written.parts
    return is_inside and really.is_relative_to(os.path.realpath(folder))


def _with_exact_links(member: tarfile.TarInfo, into: str) -> tarfile.TarInfo | None:
    """What the filter `data` allows. Some versions of it also shorten links, with which a release differs."""
    allowed = tarfile.data_filter(member, into)
    return allowed.replace(linkname=member.linkname, deep=False) if member.issym() else allowed


def _add(tar: tarfile.TarFile, path: Path, name: str) -> None:
    member = tarfile.TarInfo(name)
    if path.is_symlink():
        member.type, member.linkname = tarfile.SYMTYPE, written_in(path)
        tar.addfile(member)
    elif path.is_file():
        seen = path.stat()
        member.size, member.mode = seen.st_size, 0o755 if seen.st_mode & 0o100 else 0o644
        with path.open("rb") as content:
            tar.addfile(member, content)
    else:
        raise UsageProblem("this cannot be archived", where=str(path), why="it is neither a file nor a link")


def _of_now(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        yield member.replace(mtime=None, deep=False)  # type: ignore[arg-type] # None: the time of extraction
