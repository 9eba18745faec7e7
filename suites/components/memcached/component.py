"""memcached, where services cache what they can afford to lose."""

from functools import partial

from suites.components.memcached import client, settings
from suites.faults.fault import stop
from suites.faults.fault_case import FaultCase, Scene, Strike
from suites.harness.component import Component, Use, units_run
from suites.hosts.reading import Observation
from suites.probes.spec import Kind

TOKENS = (Kind.VALIDATE, Kind.ISSUE)
UNITS = ("memcached.service",)
STOP = partial(stop, unit=UNITS[0])


def of_use(use: Use) -> Observation:
    """Say whether a value that was set can be read back."""
    client.put(use.host, use.host, use.name, use.name)
    return client.read_back(use.host, use.name, {use.host.name: client.get(use.host, use.host, use.name)})


COMPONENT = Component(
    name="memcached",
    # Another check covers whether it keeps values.
    healthy=units_run(UNITS),
    units=UNITS,
    of_use=of_use,
    reports=settings.REPORTS,
    packages=("memcached",),
    faults=(
        # Several services have one; the probes that judge this are clients of the identity service.
        FaultCase("gone", STOP, partial(Scene.beside, component="keystone"), TOKENS, errors=0),
        FaultCase(
            "all_gone",
            STOP,
            partial(Scene.beside, component="keystone"),
            TOKENS,
            errors=0,
            takes=frozenset({"memcached"}),
            hits=frozenset({"memcached"}),
            also=(Strike(STOP),),
        ),
    ),
)
