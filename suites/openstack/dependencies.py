"""What an API host says of the services that it depends on, asked on the host itself."""

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
# The body of a 503 is an answer too: it says what is not there.
GET = (
    "import sys,urllib.request as r\n"
    "try: a=r.build_opener(r.ProxyHandler({})).open(sys.argv[1],timeout=8)\n"
    "except r.HTTPError as e: a=e\n"
    "sys.stdout.write(a.read().decode())\n"
)


def read(host: Host) -> Mapping[str, str]:
    """Return by dependency "ok" or why it is not. Raises ReadingFailed, also when nobody answers."""
    return parse(host.read(script(host)))


def script(host: Host) -> str:
    """Return what a host is asked for its dependencies."""
    url = f"http://{host.address}:{PORT}/"
    return f"python3 -I -c {shlex.quote(GET)} {shlex.quote(url)}"


def parse(text: str) -> Mapping[str, str]:
    """Return the dependencies of an answer. Raises ReadingFailed."""
    try:
        document = json.loads(text)
        return TypeAdapter(dict[str, str]).validate_python(document["dependencies"])
    except (ValidationError, ValueError, KeyError, TypeError):
        raise ReadingFailed("the dependency check's answer can't be parsed", why=repr(text[:80])) from None


def all_ok(said: Mapping[str, str], wanted: Collection[str]) -> Observation:
    """Say whether all that was asked for is there, and whether all that is wanted was asked for."""
    wrong = [f"{name}: {why}" for name, why in said.items() if why != OK]
    wrong += [f"{name} is not asked for" for name in wanted if name not in said]
    return Observation(holds=not wrong, seen="; ".join(wrong) or f"{', '.join(said)} answer")
