"""Whether every chassis applies a change of the network's configuration, made through OVN's databases."""

from collections.abc import Iterable, Sequence

from suites.hosts.host import Host, last_line
from suites.hosts.places import NORTHBOUND
from suites.hosts.reading import Observation

WITHIN = 15  # seconds for all chassis to apply the configuration


def remotes(hosts: Iterable[Host], port: int) -> str:
    """Return a value for --db that lists all hosts; the client finds the leader itself."""
    return ",".join(f"tcp:{host.address}:{port}" for host in hosts)


def synchronised(central: Sequence[Host]) -> Observation:
    """Increment the configuration's number; say whether every chassis applies it. Raises ReadingFailed."""
    script = f"ovn-nbctl --timeout={WITHIN} --db={remotes(central, NORTHBOUND)} --wait=hv sync"
    output = central[0].ask(script, within=WITHIN + 5)
    if output.status == 0:
        return Observation(holds=True, seen="every chassis applied a change")
    why = last_line(output.stderr, otherwise=f"no end within {WITHIN} s")
    return Observation(holds=False, seen=f"not every chassis applied a change: {why}")
