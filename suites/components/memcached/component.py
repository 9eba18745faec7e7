"""memcached, where the services keep what they may forget."""

from suites.components.memcached import client
from suites.faults.fault import stop
from suites.faults.fault_case import FaultCase
from suites.harness.component import Component, Use, units_run
from suites.hosts.reading import Observation
from suites.probes.spec import Kind

TOKENS = (Kind.VALIDATE, Kind.ISSUE)
UNITS = ("memcached.service",)


def of_use(use: Use) -> Observation:
    """A value that is set is read back."""
    client.put(use.host, use.host, use.name, use.name)
    return client.read_back(use.host, use.name, {use.host.name: client.get(use.host, use.host, use.name)})


COMPONENT = Component(
    name="memcached",
    # That it keeps values is a check of its own.
    healthy=units_run(UNITS),
    units=UNITS,
    of_use=of_use,
    packages=("memcached",),
    faults=(
        # Of all services that have one, clients of the identity service are those that are looked at.
        FaultCase(
            "gone",
            lambda target, host: stop(target, host, UNITS[0]),
            lambda scene: scene.beside("keystone"),
            TOKENS,
            errors=0,
        ),
    ),
)
