"""Whether the folder of a site is there, and which processes are at work in it, as the kernel knows them."""

import os
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path

from stages.machine.site import Site

PROC = Path("/proc")
DELETED = "//deleted"  # how the kernel ends the path of a mounted directory that was removed
_LONGEST = 100  # characters of a command line that are shown


class Folder(Enum):
    """What is known of a site's folder."""

    THERE = "there"
    GONE = "gone"
    UNKNOWN = "unknown"  # not recorded, moved, on a file system that is not mounted, or another site's by now


def whereabouts(recorded: str, site_id: str, mounted: Iterable[bool]) -> Folder:
    """What is known of the folder that was recorded for a site.

    `mounted` says of each host with a directory of the folder whether this still exists (`still_mounted`).
    One that does was moved with its folder, or its file system is mounted elsewhere: then it is not gone.
    """
    if not recorded:
        return Folder.UNKNOWN
    path = Path(recorded)
    if os.path.lexists(path):
        return Folder.THERE if _is_of(path, site_id) else Folder.UNKNOWN
    return Folder.UNKNOWN if any(mounted) else Folder.GONE


def still_mounted(pid: int, point: str, proc: Path = PROC) -> bool:
    """Whether the process sees a directory mounted at `point` that still exists somewhere."""
    try:
        lines = (proc / str(pid) / "mountinfo").read_text().splitlines()
    except OSError:  # it has ended meanwhile
        return False
    roots = [fields[3] for fields in map(str.split, lines) if fields[4] == point]
    return any(not root.endswith(DELETED) for root in roots)


def occupants(folder: str, sockets: Path, proc: Path = PROC) -> tuple[str, ...]:
    """The processes at work in a folder that may be gone, as `process 4711 (its command line)`, by number.

    They work there, have a file of it open, are told one by their command line, or hold a connection to a
    host of the site: its socket is in `sockets`. This process and the one that started it do not count.
    """
    inodes = _inodes(sockets, proc)
    apart = {os.getpid(), os.getppid()}
    numbers = sorted(int(entry.name) for entry in proc.iterdir() if entry.name.isdigit())
    found = []
    for pid in numbers:
        argv = _argv(proc / str(pid))
        told = folder and any(word.startswith(f"{folder}/") for word in argv)
        if pid not in apart and (told or _holds(proc / str(pid), folder, inodes)):
            found.append(f"process {pid} ({' '.join(argv)[:_LONGEST]})")
    return tuple(found)


def _is_of(path: Path, site_id: str) -> bool:
    """Whether the folder is this site's, as far as it can be read."""
    try:
        return Site.peek(path).id == site_id
    except (OSError, ValueError, KeyError):
        return False


def _inodes(sockets: Path, proc: Path) -> set[str]:
    """The links by which processes hold the sockets in a folder."""
    listed = [line.split() for line in (proc / "net/unix").read_text().splitlines()[1:]]
    return {f"socket:[{line[6]}]" for line in listed if line[-1].startswith(f"{sockets}/")}


def _holds(process: Path, folder: str, inodes: set[str]) -> bool:
    for link in _links(process):
        place = link.removesuffix(" (deleted)")
        if link in inodes or (folder and (place == folder or place.startswith(f"{folder}/"))):
            return True
    return False


def _links(process: Path) -> Iterator[str]:
    """Where it works, and what it has open; what has ended meanwhile has nothing."""
    try:
        entries = [process / "cwd", *(process / "fd").iterdir()]
    except OSError:
        return
    for entry in entries:
        try:
            yield str(entry.readlink())
        except OSError:
            continue


def _argv(process: Path) -> list[str]:
    try:
        return (process / "cmdline").read_bytes().decode(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return []
