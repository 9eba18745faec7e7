from collections.abc import Sequence

from suites.components.cinder import coordination
from suites.harness.fixtures import MustHold
from suites.harness.gathering import asks
from suites.hosts.host import Host
from suites.hosts.reading import Observation, until
from suites.openstack.services import ServiceWatch, in_place
from suites.seam.target import Target

# The next heartbeat reopens a broken connection.
RECONNECTED_WITHIN = 8


@asks(coordination.TRY, coordination.PEERS)
def test_locks_are_coordinated(host: Host, target: Target, must_hold: MustHold) -> None:
    must_hold(coordination.shuts_out(coordination.try_lock(host)))
    backends = [one.address for one in target.carrying("redis")]

    def look() -> Observation:
        return coordination.connected(coordination.peers(host), backends)

    must_hold(until(look, within=RECONNECTED_WITHIN, every=1))


def test_scheduler_is_up(hosts: Sequence[Host], service_watch: ServiceWatch, must_hold: MustHold) -> None:
    # Only the first listing, so that this check does not wait for the later ones that other checks need.
    schedulers = {"cinder-scheduler": [host.name for host in hosts]}
    must_hold(in_place([service_watch.first("volume")], every=schedulers))
