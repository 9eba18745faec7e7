"""Glance, the image service: records in the database, data in an object store."""

from functools import partial

from suites.faults.fault import freeze, lose, stop
from suites.faults.fault_case import FaultCase, Scene
from suites.faults.half_alive import hang
from suites.harness.component import units_run
from suites.harness.reach import Reach
from suites.openstack import dependencies
from suites.openstack.named import Configured
from suites.probes.spec import IMAGES, TOKENS, Kind
from suites.readings.oslo import oslo_component

READS = (Kind.IMAGE,)
STORE, PROXY = "swift", "swift-proxy.service"
API = ("glance-api.service",)
PRUNER = "glance-cache-pruner"  # keeps the image cache below its limit

COMPONENT = oslo_component(
    name="glance",
    # The cache's timer runs as well.
    healthy=units_run((*API, f"{PRUNER}.timer"), 9292),
    units=(*API, f"{PRUNER}.service", f"{PRUNER}.timer", dependencies.UNIT),
    of_use=lambda use: use.answers("image", "/v2/images"),
    clocked=API,
    configured=Configured("glance", ("/etc/glance/glance-api.conf",)),
    depends_on=("database", "identity", "object-store"),
    rests_on={"memcached": Reach.OWN},
    used_with=TOKENS,
    looks_at={
        "all_it_names_answers": TOKENS | {"memcached"},
        **dict.fromkeys(
            ("dependencies_answer", "image_crosses_hosts", "record_is_read_back", "journal"), IMAGES
        ),
    },
    crosses={"versions_meet": TOKENS, "images_cross": IMAGES},
    faults=(
        FaultCase("host_lost", lose, Scene.any, READS),
        FaultCase("api_frozen", partial(hang, unit=API[0], port=9292), Scene.any, READS),
        # Glance does not keep the store available, but an image that was read once must be readable without.
        FaultCase(
            "store_gone",
            partial(stop, unit=PROXY),
            partial(Scene.other, component=STORE),
            READS,
            errors=0,
            takes=frozenset({STORE}),
        ),
        FaultCase(
            "store_frozen",
            partial(freeze, unit=PROXY),
            partial(Scene.other, component=STORE),
            READS,
            errors=0,
            takes=frozenset({STORE}),
        ),
    ),
)
