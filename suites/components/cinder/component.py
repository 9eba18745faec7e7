"""Cinder, the volume service: its API, and its scheduler, which gets its work from the message bus."""

from suites.harness.component import Use, units_run
from suites.harness.reach import Reach
from suites.hosts.reading import Observation
from suites.openstack import dependencies
from suites.probes.spec import TOKENS
from suites.readings.oslo import oslo_component

API = "cinder-api.service"
SERVICES = (API, "cinder-scheduler.service")


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
    depends_on=("database", "messaging", "identity", "coordination"),
    rests_on={"memcached": Reach.OWN},
    used_with=TOKENS | {"rabbitmq"},
    looks_at={
        "dependencies_answer": TOKENS | {"rabbitmq", "redis"},
        "locks_are_coordinated": frozenset({"redis"}),
        "scheduler_is_up": TOKENS | {"rabbitmq"},
        "journal": TOKENS | {"rabbitmq", "redis"},
    },
    crosses=dict.fromkeys(("versions_meet", "volume_types_cross"), TOKENS),
)
