"""What ovn-controller reports of its connection to the southbound database."""

from collections.abc import Sequence

from suites.hosts.host import Host, Output, last_line
from suites.hosts.places import NORTHBOUND
from suites.hosts.reading import Observation

STATUS = "ovn-appctl -t ovn-controller connection-status"
CONNECTED = "connected"
WITHIN = 10


def connected(output: Output) -> Observation:
    """Judge the answer of `connection-status`."""
    said = output.stdout.strip()
    return Observation(output.status == 0 and said == CONNECTED, said or last_line(output.stderr))


def synchronised(central: Sequence[Host]) -> Observation:
    """Increment the configuration's number, from one of these hosts; say whether every chassis applies it."""
    remotes = ",".join(f"tcp:{host.address}:{NORTHBOUND}" for host in central)
    asked = f"ovn-nbctl --timeout={WITHIN} --db={remotes} --wait=hv sync"
    output = central[0].ask(asked, within=WITHIN + 5)
    if output.status == 0:
        return Observation(holds=True, seen="every chassis took a change in")
    why = last_line(output.stderr, otherwise=f"no end within {WITHIN} s")
    return Observation(holds=False, seen=f"not every chassis took a change in: {why}")
