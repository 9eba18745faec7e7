"""The settings that a running memcached has."""

from suites.components.memcached.client import PORT
from suites.errors import ReadingFailed
from suites.harness.reports import Reports
from suites.hosts.host import Host
from suites.seam.declared import Settings

END = "END"


def script(host: Host) -> str:
    """Return the script that asks the host's own."""
    return f"printf 'stats settings\\r\\nquit\\r\\n' | nc -w 3 {host.address} {PORT}"


def parse(text: str) -> Settings:
    """Parse lines such as `STAT maxbytes 67108864`. Raises ReadingFailed if the last is missing."""
    lines = [line.split(maxsplit=2) for line in text.splitlines()]
    if [END] not in lines:
        raise ReadingFailed("the settings of memcached can't be parsed", why=repr(text[-60:]))
    told = {words[1]: " ".join(words[2:]) for words in lines if words[:1] == ["STAT"]}
    return {"setting": told}


REPORTS = Reports(
    script=script,
    parse=parse,
    shows={"setting": "echo stats settings | nc -q 1 $(hostname -i) 11211"},
    of_each=("inter", "oldest"),  # the latter: since when it was told to forget all, if it ever was
)
