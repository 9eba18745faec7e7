"""Cinder, the volume service: its API, and its scheduler, which gets its work from the message bus."""

from functools import partial

from suites.faults.fault import kill, lose
from suites.faults.fault_case import FaultCase, Scene
from suites.faults.half_alive import hang
from suites.harness.component import Use, units_run
from suites.harness.reach import Reach
from suites.hosts.reading import Observation
from suites.openstack import dependencies
from suites.openstack.named import Configured
from suites.openstack.own_queue import Call, OwnQueue
from suites.probes.spec import ROWS, TOKENS, Kind
from suites.readings.oslo import oslo_component

API = "cinder-api.service"
SERVICES = (API, "cinder-scheduler.service")
CONFIGURATION = "/etc/cinder/cinder.conf"
# It looks the volume services up in the database; no pool has this name, so that none is listed.
POOLS = Call("cinder-scheduler", "get_pools", {"filters": {"name": "stagegate-nobody"}}, [], "3.0")
LISTS = (Kind.VOLUME_TYPES,)


def of_use(use: Use) -> Observation:
    """Say whether the API lists volumes, and the scheduler has reported since the restart."""
    listed = use.answers("volume", "/volumes")
    reported = use.reported("volume", "cinder-scheduler")
    return Observation(listed.holds and reported.holds, f"{listed.seen}, {reported.seen}")


COMPONENT = oslo_component(
    name="cinder",
    healthy=units_run(SERVICES, 8776),
    units=(*SERVICES, dependencies.UNIT),
    of_use=of_use,
    clocked=SERVICES,
    configured=Configured("cinder", (CONFIGURATION,)),
    own_queue=OwnQueue(CONFIGURATION, "cinder", "openstack", POOLS),
    depends_on=("database", "messaging", "identity", "coordination"),
    rests_on={"memcached": Reach.OWN},
    used_with=TOKENS | {"rabbitmq"},
    looks_at={
        "dependencies_answer": TOKENS | {"rabbitmq", "redis"},
        "all_it_names_answers": TOKENS | {"memcached", "rabbitmq", "redis"},
        "record_is_read_back": TOKENS | {"rabbitmq"},
        "own_queue_is_answered": ROWS | {"rabbitmq"},
        "locks_are_coordinated": frozenset({"redis"}),
        "scheduler_is_up": TOKENS | {"rabbitmq"},
        "journal": TOKENS | {"rabbitmq", "redis"},
    },
    crosses=dict.fromkeys(("versions_meet", "volume_types_cross"), TOKENS),
    faults=(
        FaultCase("host_lost", lose, Scene.any, LISTS),
        FaultCase("api_frozen", partial(hang, unit=API, port=8776), Scene.any, LISTS),
        # No request waits for it.
        FaultCase("scheduler_killed", partial(kill, unit=SERVICES[1], down=True), Scene.any, LISTS, errors=0),
    ),
)
