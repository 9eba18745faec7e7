"""Keystone, the identity service."""

from functools import partial

from suites.components.keystone import tokens
from suites.faults.fault import lose
from suites.faults.fault_case import FaultCase, Scene
from suites.faults.half_alive import hang, slow
from suites.harness.component import Component, Use, units_run
from suites.harness.reach import ROWS, Reach
from suites.hosts.places import PYTHON
from suites.hosts.reading import Observation
from suites.openstack.named import Configured
from suites.probes.spec import ROWS as ANSWERED_BY
from suites.probes.spec import Kind

IDENTITY = (Kind.HTTP, Kind.VALIDATE, Kind.ISSUE)
UNITS = ("keystone.service",)


def of_use(use: Use) -> Observation:
    """Say whether a token issued here is valid on every host."""
    hosts = use.carriers("keystone")
    return tokens.valid_everywhere(tokens.take(use.clients, use.target, use.host, hosts), use.host.name)


COMPONENT = Component(
    name="keystone",
    healthy=units_run(UNITS, 5000),
    units=UNITS,
    of_use=of_use,
    python=PYTHON,
    errors=(r"\b(ERROR|CRITICAL)\b [a-z_]+\.", r"^Traceback \(most recent call last\)", r"DAMN ! worker"),
    clocked=UNITS,
    configured=Configured("keystone", ("/etc/keystone/keystone.conf",)),
    # Its caches are one: each host asks those of all that carry it.
    rests_on={**ROWS, "memcached": Reach.ITS_HOSTS},
    used_with=ANSWERED_BY,
    looks_at={
        # Of the other hosts, too.
        "token_is_valid_everywhere": ANSWERED_BY | {"keystone"},
        "catalog_names_identity": ANSWERED_BY,
        "catalog_is_exact": ANSWERED_BY,
        "record_is_read_back": ANSWERED_BY,
        "all_it_names_answers": ANSWERED_BY | {"memcached"},
        "journal": ANSWERED_BY,
    },
    crosses=dict.fromkeys(("versions_meet", "tokens_cross"), ANSWERED_BY),
    faults=(
        FaultCase("host_lost", lose, Scene.any, IDENTITY),
        FaultCase("api_frozen", partial(hang, unit=UNITS[0], port=5000), Scene.any, IDENTITY),
        # Load balancers leave it in use, so its clients must be served all the same.
        FaultCase("host_slow", partial(slow, unit=UNITS[0]), Scene.any, IDENTITY, errors=0, held_s=8.0),
    ),
)
