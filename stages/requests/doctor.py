"""The verb `doctor`: check whether this machine can run what the config asks for. One finding per check."""

import os
import shlex
import shutil
import stat
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stages import roles
from stages.config import Config, StageConfig
from stages.design.blueprint import Tier
from stages.design.strategy import Strategy
from stages.machine.images.image_inputs import CERTIFICATES
from stages.machine.substrates import choice
from stages.machine.substrates.needs import LAB

INOTIFY_PER_HOST = 7
DISK_GB = 10
STORAGE = Path("/var/lib")
UNUSABLE = ':"\\$'
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of the machine. `next` is the command to type when it is not ok."""

    check: str
    ok: bool
    seen: str
    wanted: str
    next: str

    def to_json(self) -> dict[str, Any]:
        """The seam's form."""
        return asdict(self)


def examine(
    config: Config,
    stages: Sequence[str] | None = None,
    site: Path | None = None,
    running: Mapping[str, int] | None = None,
    *,
    two: bool = False,
) -> list[Finding]:
    """All findings for these stages deployed together (None: all stages of the config).

    With `site`, also what its folder's path and owner must be. Hosts that are `running`, by role, have the
    memory that they need. Besides, one stage at a time may have a second control plane, unless `two` stand:
    it is wanted where each change is brought by one, and told where only another OpenStack release is.
    """
    wanted = [stage for stage in config.stages if stages is None or stage.name in stages]
    here = [stage for stage in wanted if choice.takes_memory_here(stage.substrate)]
    counts = sum((Counter(stage.roles) for stage in here), Counter()) - Counter(running or {})
    free = [] if two else here
    often = _largest(stage for stage in free if stage.strategy is Strategy.BLUE_GREEN)
    found = [
        *fit_for(counts + often, counts + _largest(free)),
        root(),
        programs(),
        _cgroups(),
        _disk(),
        _certificates(),
    ]
    return found if site is None else [*found, *place_of(site)]


def fit_for(counts: Mapping[str, int], most: Mapping[str, int] | None = None) -> list[Finding]:
    """Whether this many more hosts, by role, fit beside everything that runs now.

    Told, too, is what `most` of them want, which is with a second control plane.
    """
    upgrade = most or {}
    return [
        _memory(_megabytes(counts), _megabytes(upgrade)),
        _inotify(sum(counts.values()), sum(upgrade.values())),
    ]


def _megabytes(counts: Mapping[str, int]) -> int:
    return sum(roles.load(role).memory_mb * count for role, count in counts.items())


def _largest(stages: Iterable[StageConfig]) -> Counter[str]:
    """The hosts of the largest second control plane that one of the stages can have, by role."""
    planes = (
        Counter({name: count for name, count in stage.roles.items() if _is_coloured(name)})
        for stage in stages
    )
    return max(planes, key=_megabytes, default=Counter())


def _is_coloured(role: str) -> bool:
    return roles.load(role).tier is Tier.COLOURED


def root() -> Finding:
    """Whether this is root: only root can create hosts and enter their networks."""
    return Finding("root", os.geteuid() == 0, f"user {os.geteuid()}", "user 0", "sudo make promote")


def place_of(site: Path) -> list[Finding]:
    """Whether hosts and programs can be given this site's folder, and nobody else can change its files."""
    path = str(site.absolute())
    # A colon separates the parts of mounts and of PYTHONPATH; ssh's configuration replaces $ and has no
    # sign for a quote within quotes.
    unusable = [sign for sign in path if sign in UNUSABLE or not sign.isprintable()]
    seen = f"{path!r} has {', '.join(map(repr, unusable))}" if unusable else path
    wanted = f"a path without {' '.join(UNUSABLE)} and control characters"
    return [Finding("site path", not unusable, seen, wanted, "--site DIR"), _owner(site)]


def _owner(site: Path) -> Finding:
    try:
        found = site.stat()
    except OSError as problem:  # it may be missing: then this user will own it
        trusted, seen = isinstance(problem, FileNotFoundError), problem.strerror or str(problem)
    else:
        trusted = found.st_uid in (0, os.geteuid()) and not found.st_mode & OTHERS_WRITE
        seen = f"user {found.st_uid}, mode {stat.S_IMODE(found.st_mode):o}"
    here = shlex.quote(str(site))
    return Finding(
        "site owner",
        trusted,
        f"{seen}: {site}",
        f"user {os.geteuid()}, and no other may write",
        f"chown -R {os.geteuid()} {here} && chmod -R go-w {here}",
    )


def programs() -> Finding:
    """Whether the programs that the lab needs are on this machine."""
    missing = [name for name in LAB.programs if shutil.which(name) is None]
    return Finding(
        "programs",
        not missing,
        f"missing: {', '.join(missing) or 'none'}",
        f"all in PATH ({os.environ.get('PATH', '')})",
        "make setup, or add their folder to PATH",
    )


def _cgroups() -> Finding:
    root = Path("/sys/fs/cgroup")
    seen = (
        "unified"
        if (root / "cgroup.controllers").exists()
        else "hybrid or v1"
        if any(root.glob("*"))
        else "none"
    )
    return Finding(
        "cgroups", seen != "none", seen, "mounted", "mount the cgroup file systems at /sys/fs/cgroup"
    )


def _memory(wanted: int, upgrade: int) -> Finding:
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    free = int(lines["MemAvailable"].split()[0]) // 1024
    return Finding(
        "memory",
        free >= wanted,
        f"{free} MB free",
        f"{wanted} MB for all hosts{_with_second(wanted, upgrade, ' MB')}",
        "lower the counts in config/stages/",
    )


def _disk() -> Finding:
    free = shutil.disk_usage(STORAGE).free // 10**9
    return Finding("disk", free >= DISK_GB, f"{free} GB free at {STORAGE}", f"{DISK_GB} GB", LAB.frees_disk)


def _inotify(hosts: int, upgrade: int) -> Finding:
    limit = int(Path("/proc/sys/fs/inotify/max_user_instances").read_text())
    wanted = hosts * INOTIFY_PER_HOST
    told = f"{wanted} for {hosts} hosts{_with_second(wanted, upgrade * INOTIFY_PER_HOST)}"
    return Finding("inotify", limit >= wanted, f"{limit} instances", told, "setup/machine.sh")


def _with_second(wanted: int, upgrade: int, unit: str = "") -> str:
    """What is wanted besides in an upgrade to another OpenStack release; empty if that is no more."""
    return f"; {upgrade}{unit} with a second control plane" if upgrade > wanted else ""


def _certificates() -> Finding:
    return Finding(
        "certificates",
        CERTIFICATES.exists(),
        str(CERTIFICATES),
        "a bundle with every CA on the way to the registries",
        "apt-get install ca-certificates",
    )
