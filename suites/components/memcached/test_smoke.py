import uuid
from collections.abc import Sequence

from suites.components.memcached import client
from suites.harness.fixtures import MustHold
from suites.hosts.host import Host
from suites.seam.target import Target


def test_value_is_read_back(host: Host, hosts: Sequence[Host], target: Target, must_hold: MustHold) -> None:
    key, value = f"smoke-{uuid.uuid4()}", uuid.uuid4().hex
    client.put(host, host, key, value)
    # Services use the servers of their own role's hosts.
    role = target.host(host.name).role
    readers = [reader for reader in hosts if target.host(reader.name).role == role]
    answers = {reader.name: client.get(reader, host, key) for reader in readers}
    must_hold(client.read_back(host, value, answers))
