import uuid
from collections.abc import Sequence

from suites.components.memcached import client
from suites.harness.fixtures import MustHold
from suites.harness.hosts import Host


def test_value_is_read_back(host: Host, hosts: Sequence[Host], must_hold: MustHold) -> None:
    key, value = f"smoke-{uuid.uuid4()}", uuid.uuid4().hex
    client.put(host, host, key, value)
    must_hold(client.read_back(host, value, {reader.name: client.get(reader, host, key) for reader in hosts}))
