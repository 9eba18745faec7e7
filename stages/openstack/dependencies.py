"""What the dependency check on a host tests: the dependencies of its services, as JSON. Pure."""

import json
from typing import Any

from stages.design.blueprint import Blueprint, Host
from stages.design.ports import Port
from stages.design.rendering import secret
from stages.openstack.software import Dependency, Software
from stages.openstack.text import places


def dependencies(blueprint: Blueprint, host: Host, software: Software) -> str:
    """The text of dependencies.json: how to test each dependency, by name; for templates/dependency-check."""
    asked = {item.value: _how(blueprint, host, item, software) for item in software.dependencies}
    return json.dumps({"address": host.address, "dependencies": asked}, indent=1, sort_keys=True) + "\n"


def _how(blueprint: Blueprint, host: Host, dependency: Dependency, software: Software) -> dict[str, Any]:
    def web(*addresses: str) -> dict[str, Any]:
        return {"kind": "http", "at": [f"http://{address}" for address in addresses]}

    asked: dict[Dependency, dict[str, Any]] = {
        Dependency.DATABASE: {
            "kind": "database",
            "at": [f"{blueprint.vip}:{Port.DATABASE}"],
            "user": software.database,
            "password": secret(f"database_{software.database}_password"),
        },
        Dependency.MESSAGING: {
            "kind": "amqp",
            "at": places(blueprint.members("messaging"), Port.BUS),
            "user": "openstack",
            "password": secret("messaging_password"),
        },
        Dependency.IDENTITY: web(f"{blueprint.vip}:{Port.IDENTITY}/v3"),
        Dependency.PLACEMENT: web(f"{blueprint.vip}:{Port.PLACEMENT}/"),
        Dependency.OBJECT_STORE: web(
            *(f"{at}/healthcheck" for at in places(blueprint.members("object-store"), Port.OBJECT_STORE))
        ),
        Dependency.MEMCACHED: {"kind": "tcp", "at": [f"{host.address}:{Port.MEMCACHED}"]},
        Dependency.OVN: {"kind": "tcp", "at": places(blueprint.members("ovn"), Port.NORTHBOUND)},
        Dependency.COORDINATION: {
            "kind": "tcp",
            "at": places(blueprint.members("coordination"), Port.SENTINEL),
        },
    }
    return asked[dependency]
