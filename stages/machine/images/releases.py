"""Reads the OpenStack releases that the code knows: releases.toml, the locks, the reviews of migrations."""

import tomllib
from functools import cache
from pathlib import Path

from stages.machine.images import reviews
from stages.machine.images.inputs import python_versions
from stages.openstack.releases import Release, Releases

HERE = Path(__file__).parent
# The distributions that have migrations.
PROJECTS = ("cinder", "glance", "keystone", "neutron", "nova", "openstack-placement")


@cache  # a plan asks several times; the files are part of the code, which does not change while it runs
def read(here: Path = HERE) -> Releases:
    """All releases, in the order of releases.toml; `locked` has the versions of PROJECTS alone."""
    entries = tomllib.loads((here / "releases.toml").read_text())
    locks = {path.stem: python_versions(path.read_text()) for path in (here / "locks").glob("*.txt")}
    return Releases(
        known=tuple(Release(name, entry["slurp"]) for name, entry in entries.items()),
        locked={
            release: {name: versions[name] for name in PROJECTS if name in versions}
            for release, versions in locks.items()
        },
        reviews=reviews.read(here / "reviews"),
    )


def lock_of(release: str, here: Path = HERE) -> Path:
    """Where the lock of a release is, whether or not there is one."""
    return here / "locks" / f"{release}.txt"


def projects_only(lock: str) -> str:
    """The entries of PROJECTS in a lock in requirements format, with their hashes."""
    wanted: list[str] = []
    inside = False
    for line in lock.splitlines():
        if not line.startswith(" "):
            inside = line.partition("==")[0] in PROJECTS
        if inside:
            wanted.append(line)
    return "\n".join(wanted) + "\n"
