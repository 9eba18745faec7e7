"""The memcached client that the services use, run on a host with their Python."""

from collections.abc import Mapping

from suites.hosts.host import Host
from suites.hosts.places import in_python
from suites.hosts.reading import Observation

PORT = 11211
SET = (
    "import sys; from pymemcache.client.base import Client\n"
    "c=Client((sys.argv[1],int(sys.argv[2])),connect_timeout=3,timeout=3)\n"
    "c.set(sys.argv[3],sys.argv[4],expire=60,noreply=False)\n"
)
GET = (
    "import sys; from pymemcache.client.base import Client\n"
    "c=Client((sys.argv[1],int(sys.argv[2])),connect_timeout=3,timeout=3)\n"
    "v=c.get(sys.argv[3]); print(v.decode() if v is not None else '')\n"
)


def put(by: Host, server: Host, key: str, value: str) -> None:
    """Set a value on a server, for a minute, from a host. Raises ReadingFailed."""
    by.read(in_python(SET, server.address, str(PORT), key, value))


def get(by: Host, server: Host, key: str) -> str:
    """Read a value of a server from a host; empty if there is none. Raises ReadingFailed."""
    return by.read(in_python(GET, server.address, str(PORT), key)).strip()


def read_back(server: Host, value: str, answers: Mapping[str, str]) -> Observation:
    """Say whether all hosts read the value that was set."""
    wrong = [f"{host} read {answer or 'nothing'}" for host, answer in answers.items() if answer != value]
    if wrong or not answers:
        return Observation(
            holds=False, seen=f"set on {server.name}, but {', '.join(wrong) or 'nobody read it'}"
        )
    return Observation(holds=True, seen=f"set on {server.name}, read back by {', '.join(answers)}")
