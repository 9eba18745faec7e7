"""What an API host reports about the services it depends on, read on the host itself."""

import json
import shlex
from collections.abc import Collection, Mapping

from pydantic import TypeAdapter, ValidationError

from suites.errors import ReadingFailed
from suites.hosts.host import Host
from suites.hosts.reading import Observation

PORT = 9210
UNIT = "dependency-check.service"
OK = "ok"
# The body of a 503 is an answer too: it names what is unavailable.
GET = (
    "import sys,urllib.request as r\n"
    "try: a=r.build_opener(r.ProxyHandler({})).open(sys.argv[1],timeout=8)\n"
    "except r.HTTPError as e: a=e\n"
    "sys.stdout.write(a.read().decode())\n"
)


def read(host: Host) -> Mapping[str, str]:
    """Return "ok" or the problem by dependency. Raises ReadingFailed, also if there is no answer."""
    return parse(host.read(script(host)))


def script(host: Host) -> str:
    """Return the script that reads a host's dependencies."""
    url = f"http://{host.address}:{PORT}/"
    return f"python3 -I -c {shlex.quote(GET)} {shlex.quote(url)}"


def parse(text: str) -> Mapping[str, str]:
    """Parse the dependencies of an answer. Raises ReadingFailed."""
    try:
        document = json.loads(text)
        return TypeAdapter(dict[str, str]).validate_python(document["dependencies"])
    except (ValidationError, ValueError, KeyError, TypeError):
        raise ReadingFailed("the dependency check's answer can't be parsed", why=repr(text[:80])) from None


def all_ok(said: Mapping[str, str], wanted: Collection[str]) -> Observation:
    """Say whether every checked dependency is ok, and whether every wanted one was checked."""
    wrong = [f"{name}: {why}" for name, why in said.items() if why != OK]
    wrong += [f"{name} is not asked for" for name in wanted if name not in said]
    return Observation(holds=not wrong, seen="; ".join(wrong) or f"{', '.join(said)} answer")
