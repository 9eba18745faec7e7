import uuid

from suites.components.swift import objects
from suites.harness.fixtures import MustHold
from suites.harness.hosts import Host

SIZE = 1 << 20


def test_object_is_read_back(host: Host, must_hold: MustHold) -> None:
    must_hold(objects.read_back(objects.round_trip(host, f"smoke-{uuid.uuid4()}", SIZE), SIZE))
