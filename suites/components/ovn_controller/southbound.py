"""What ovn-controller reports of its connection to the southbound database."""

from collections.abc import Sequence

from suites.hosts.host import Host, Output
from suites.hosts.places import NORTHBOUND
from suites.hosts.reading import Observation

STATUS = "ovn-appctl -t ovn-controller connection-status"
CONNECTED = "connected"
WITHIN = 10


def connected(output: Output) -> Observation:
    """Judge the answer of `connection-status`."""
    said = output.stdout.strip()
    lines = output.stderr.strip().splitlines()
    seen = said or (lines[-1] if lines else "no output")
    return Observation(holds=output.status == 0 and said == CONNECTED, seen=seen)


def synchronised(central: Sequence[Host]) -> Observation:
    """Increment the configuration's number, from one of these hosts; say whether every chassis applies it."""
    remotes = ",".join(f"tcp:{host.address}:{NORTHBOUND}" for host in central)
    asked = f"ovn-nbctl --timeout={WITHIN} --db={remotes} --wait=hv sync"
    output = central[0].ask(asked, within=WITHIN + 5)
    said = output.stderr.strip().splitlines()
    why = f"not every chassis took a change in: {said[-1] if said else f'no end within {WITHIN} s'}"
    return Observation(output.status == 0, "every chassis took a change in" if output.status == 0 else why)
