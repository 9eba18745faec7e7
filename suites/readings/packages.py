"""Package versions on a host, compared with the wanted ones."""

import re
import shlex
from collections.abc import Iterable, Mapping

from suites.errors import ReadingFailed
from suites.hosts.reading import Observation

RECORDED = "/usr/share/stagegate/debian-packages"
DEBIAN = f"dpkg-query -W -f '${{Package}} ${{Version}}\\n' && echo --- && cat {RECORDED}"
# Reads only the start of each distribution's metadata: all of it would take a second.
DISTRIBUTIONS = """
import importlib.metadata
for one in importlib.metadata.distributions():
    said = {}
    for line in (one.read_text("METADATA") or one.read_text("PKG-INFO") or "").splitlines():
        if not line: break
        name, _, value = line.partition(": ")
        said.setdefault(name, value)
    print(said.get("Name", ""), said.get("Version", ""))
"""
SHOWN = 3


def python_script(interpreter: str) -> str:
    """Return the script that prints an interpreter's distributions, one `name version` per line."""
    return f"{interpreter} -I -c {shlex.quote(DISTRIBUTIONS)}"


def debian(text: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Parse the installed and the recorded packages with their versions. Raises ReadingFailed."""
    installed, separator, recorded = text.partition("---\n")
    if not separator:
        raise ReadingFailed("the list of packages can't be parsed")
    return listed(installed), listed(recorded)


def listed(text: str) -> Mapping[str, str]:
    """Parse lines of `name version`; return the versions by name. Raises ReadingFailed."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, separator, version = line.partition(" ")
        if not separator:
            raise ReadingFailed("a line of versions can't be parsed", why=repr(line))
        found[name] = version
    return found


def normalised(versions: Mapping[str, str]) -> Mapping[str, str]:
    """Return Python versions by normalised distribution name."""
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in versions.items()}


def compare(kind: str, there: Mapping[str, str], wanted: Mapping[str, str]) -> Observation:
    """Say whether exactly the wanted names are installed, in exactly the wanted versions."""
    if not wanted:
        return Observation(holds=False, seen=f"the list of wanted {kind} is empty: nothing can be compared")
    different = [
        f"{name} is {there.get(name, 'missing')}, wanted {wanted.get(name, 'not there')}"
        for name in sorted(set(there) | set(wanted))
        if there.get(name) != wanted.get(name)
    ]
    if not different:
        return Observation(holds=True, seen=f"{len(wanted)} {kind} as wanted")
    more = f" and {len(different) - SHOWN} more" if len(different) > SHOWN else ""
    return Observation(
        holds=False, seen=f"{len(different)} {kind} differ: {', '.join(different[:SHOWN])}{more}"
    )


def from_before(kind: str, there: Mapping[str, str]) -> Observation:
    """Say whether any are installed: which versions the release before wanted is not known."""
    said = f"{len(there)} {kind} of the image from before, compared once the host has the new one"
    return Observation(holds=bool(there), seen=said)


def owned(packages: Iterable[str], there: Mapping[str, str]) -> Observation:
    """Say whether a component's own packages are installed, and in which versions."""
    wanted = tuple(packages)
    missing = [name for name in wanted if name not in there]
    if missing:
        return Observation(holds=False, seen=f"not installed: {', '.join(missing)}")
    return Observation(holds=True, seen=", ".join(f"{name} {there[name]}" for name in wanted))
