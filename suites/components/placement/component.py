"""Placement, which tracks the free resources of compute hosts."""

from functools import partial

from suites.faults.fault_case import FaultCase, Scene
from suites.faults.half_alive import hang
from suites.harness.component import units_run
from suites.harness.reach import GIVEN_BY, Reach
from suites.openstack.named import Configured
from suites.probes.spec import SERVERS, TOKENS, Kind
from suites.readings.oslo import oslo_component

UNITS = ("placement-api.service",)

COMPONENT = oslo_component(
    name="placement",
    # / returns its versions.
    healthy=units_run(UNITS, 8778, "/"),
    units=UNITS,
    of_use=lambda use: use.answers("placement", "/resource_providers"),
    clocked=UNITS,
    configured=Configured("placement", ("/etc/placement/placement.conf",)),
    rests_on={**GIVEN_BY["database"], **GIVEN_BY["identity"], "memcached": Reach.OWN},
    used_with=TOKENS,
    looks_at={
        "all_it_names_answers": TOKENS | {"memcached"},
        "record_is_read_back": TOKENS,
        "resource_providers_are_the_computes": TOKENS | {"nova-compute"},
        "journal": SERVERS,
    },
    crosses={"versions_meet": TOKENS},
    faults=(FaultCase("api_frozen", partial(hang, unit=UNITS[0], port=8778), Scene.any, (Kind.PROVIDERS,)),),
)
