"""What ovn-controller reports of its connection to the southbound database."""

from suites.hosts.host import Output, last_line
from suites.hosts.reading import Observation

STATUS = "ovn-appctl -t ovn-controller connection-status"
CONNECTED = "connected"


def connected(output: Output) -> Observation:
    """Judge the answer of `connection-status`."""
    said = output.stdout.strip()
    return Observation(output.status == 0 and said == CONNECTED, said or last_line(output.stderr))
