"""What hosts in the lab take of this machine: memory of their processes, and disk."""

import os
from collections.abc import Iterable
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
# Where a group tells its memory, and under which key what its processes hold: for cgroups version 1, and 2.
# The kernel's cache of files is left out: it is given back when anybody needs it.
_MEMORY = (("memory/{group}/memory.stat", "total_rss"), ("{group}/memory.stat", "anon"))
_BLOCK = 512  # bytes, the unit of st_blocks


def memory(groups: Iterable[str], cgroups: Path = CGROUPS) -> int | None:
    """Bytes that the processes of these control groups hold; None if the kernel does not tell of any."""
    told = [found for group in groups if (found := _of_group(group.strip("/"), cgroups)) is not None]
    return sum(told) if told else None


def disk(places: Iterable[str]) -> int:
    """Bytes on disk of all files below these directories; what is removed meanwhile does not count."""
    return sum(_below(place) for place in places)


def _of_group(group: str, cgroups: Path) -> int | None:
    for name, key in _MEMORY:
        try:
            lines = (cgroups / name.format(group=group)).read_text().splitlines()
        except OSError:
            continue
        pairs = dict(line.split() for line in lines)
        if key in pairs:
            return int(pairs[key])
    return None


def _below(place: str) -> int:
    total = 0
    for folder, _, files in os.walk(place):
        for path in [Path(folder), *(Path(folder, name) for name in files)]:
            try:
                total += path.lstat().st_blocks * _BLOCK
            except FileNotFoundError:
                continue
    return total
