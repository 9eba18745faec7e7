"""The order that tells a probe process what to do."""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, Field

from suites.probes.spec import LOADS, Kind
from suites.seam.target import SecretFile, SecretReference, Target

# The APIs that probes call through the VIP, other than Keystone's.
APIS: Mapping[Kind, str] = {
    Kind.IMAGE: "image",
    Kind.COMPUTE: "compute",
    Kind.SERVER: "compute",
    Kind.NETWORKS: "network",
    Kind.VOLUME_TYPES: "volume",
    Kind.PROVIDERS: "placement",
    Kind.IMAGE_RECORD: "image",
    Kind.FLAVOR: "compute",
    Kind.TRAIT: "placement",
    Kind.NETWORK: "network",
    Kind.VOLUME_TYPE: "volume",
}
# Of a server that asks for none: an empty file.
NO_PASSWORD = SecretFile(Path(os.devnull))


class Order(BaseModel):
    """What to probe.

    `at` is the URL to request, or the `host:port` of a database; `nodes` are a cluster's addresses by host
    name, if clients list them all. Tokens come from `identity`; images are created at `image`.
    """

    kind: Kind
    into: Path
    prefix: str
    at: str = ""
    user: str = ""
    password: SecretReference = NO_PASSWORD
    nodes: dict[str, str] = Field(default_factory=dict)
    identity: str = ""
    image: str = ""


def order(target: Target, kind: Kind, into: Path, prefix: str) -> Mapping[str, object]:
    """Return an order as JSON values. Raises KeyError if the target lacks what the kind needs."""
    begun: dict[str, object] = {"kind": kind.value, "into": str(into), "prefix": prefix}

    def secret(name: str) -> dict[str, object]:
        return {"password": target.secrets[name].to_json()}

    def nodes(component: str = LOADS[kind].component) -> dict[str, object]:
        return {"nodes": {host.name: host.address for host in target.carrying(component)}}

    if kind is Kind.SQL:
        account = {"at": target.endpoints["database"], "user": target.accounts["database_probe"]}
        return begun | account | secret("database_probe_password")
    if kind is Kind.AMQP:
        return begun | nodes() | secret("messaging_password")
    if kind is Kind.CALL:
        return begun | nodes("rabbitmq") | secret("messaging_password")
    if kind is Kind.CHASSIS:
        return begun | nodes()
    if kind is Kind.REDIS:
        return begun | nodes() | secret("coordination_password")
    signed = {"identity": target.endpoints["identity"]} | secret("admin_password")
    called = {"at": target.endpoints[APIS.get(kind, "identity")]}
    made = {"image": target.endpoints["image"]} if kind is Kind.SERVER else {}
    return begun | signed | called | made
