from suites.components.swift import objects
from suites.harness.fixtures import MustHold
from suites.harness.gathering import asks
from suites.hosts.host import Host

SIZE = 1 << 20


@asks(objects.round_trip(SIZE))
def test_object_is_read_back(host: Host, must_hold: MustHold) -> None:
    must_hold(objects.read_back(host.read(objects.round_trip(SIZE), within=30), SIZE))
