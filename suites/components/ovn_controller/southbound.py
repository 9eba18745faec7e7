"""What ovn-controller says of its connection to the southbound database."""

from suites.harness.hosts import Output
from suites.harness.observation import Observation

STATUS = "ovn-appctl -t ovn-controller connection-status"
CONNECTED = "connected"


def connected(output: Output) -> Observation:
    """Say what the answer of `connection-status` means."""
    said = output.stdout.strip()
    lines = output.stderr.strip().splitlines()
    seen = said or (lines[-1] if lines else "it said nothing")
    return Observation(holds=output.status == 0 and said == CONNECTED, seen=seen)
