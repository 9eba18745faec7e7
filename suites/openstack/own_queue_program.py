"""A program for a host: calls that host's server over the message bus, by the server's own queue.

It is sent there as text, and runs with OpenStack's own Python and the account of the service. Its argument is
`{"configuration": path, "exchange", "server", "call": {"topic", "method", "arguments", "namespace",
"version"}, "within": seconds}`; it prints `{"reply": …}` or `{"error": text}`. A message to `topic.server` is
taken by that server alone; one to the topic, as the APIs send it, by any.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

import oslo_messaging
from oslo_config import cfg

# As an administrator, since schedulers and servers read for nobody else.
CONTEXT = {"is_admin": True, "roles": ["admin"], "user_id": "stagegate", "project_id": "stagegate"}


def reply(asked: Mapping[str, Any]) -> object:
    """Make the call and return its reply. Raises what oslo.messaging and what is below it raise."""
    one = asked["call"]
    oslo_messaging.set_transport_defaults(asked["exchange"])
    # The global one: oslo.messaging looks for some of its options there alone.
    cfg.CONF(["--config-file", asked["configuration"]], project="stagegate")
    transport = oslo_messaging.get_rpc_transport(cfg.CONF)
    target = oslo_messaging.Target(
        topic=one["topic"], server=asked["server"], namespace=one["namespace"], version=one["version"]
    )
    client = oslo_messaging.get_rpc_client(transport, target, timeout=asked["within"], retry=1)
    try:
        return client.call(CONTEXT, one["method"], **one["arguments"])
    finally:
        transport.cleanup()


def main() -> int:
    """Print what became of the call; return the exit status."""
    try:
        said = {"reply": reply(json.loads(sys.argv[1]))}
    except Exception as error:  # noqa: BLE001 - whatever it is, the check says it
        said = {"error": f"{type(error).__name__}: {''.join(str(error).splitlines()[:1])}"}
    json.dump(said, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
