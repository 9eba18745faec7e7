"""Free space on a host's file systems."""

from collections.abc import Iterable
from dataclasses import dataclass

from suites.errors import ReadingFailed
from suites.hosts.reading import Observation

# Where services write, and what is mounted there: data is on its own file system.
SCRIPT = (
    "df --portability --block-size=1K / /var/lib "
    """$(awk '$3 != "tmpfs" && $2 ~ "^/(var/lib/|srv(/|$))" {print $2}' /proc/mounts) | tail -n +2"""
)
LEAST_SHARE, LEAST_KIB = 0.10, 1024**2


@dataclass(frozen=True, slots=True)
class FileSystem:
    """A file system: where it is mounted, its size, and what is available to a service, in KiB."""

    mounted: str
    size: int
    left: int

    @property
    def share(self) -> float:
        """The fraction that is left."""
        return self.left / self.size if self.size else 0.0

    def __str__(self) -> str:
        gib = f"{self.left / 1024**2:.1f} GiB of {self.size / 1024**2:.1f}"
        return f"{gib} ({self.share:.0%}) left on {self.mounted}"


def parse(text: str) -> tuple[FileSystem, ...]:
    """Parse the output of `df`; return each file system once. Raises ReadingFailed."""
    found: dict[str, FileSystem] = {}
    for line in text.splitlines():
        try:
            _, size, _, left, _, mounted = line.split(maxsplit=5)
            found[mounted] = FileSystem(mounted, int(size), int(left))
        except ValueError:
            raise ReadingFailed("the output of df can't be parsed", why=repr(line)) from None
    return tuple(found.values())


def has_room(file_systems: Iterable[FileSystem]) -> Observation:
    """Say whether each file system has at least a tenth of its size and one GiB left."""
    known = tuple(file_systems)
    short = [str(one) for one in known if one.share < LEAST_SHARE or one.left < LEAST_KIB]
    if not known:
        return Observation(holds=False, seen="no file system was seen")
    return Observation(holds=not short, seen=", ".join(short or map(str, known)))
