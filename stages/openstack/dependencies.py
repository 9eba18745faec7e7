"""What the check beside a service asks for: what its host depends on, as JSON. Pure."""

import json
from typing import Any

from stages.design.blueprint import Blueprint, Host
from stages.design.rendering import secret
from stages.openstack.software import Dependency, Software
from stages.openstack.text import NORTH, RABBIT, SENTINEL, places


def dependencies(blueprint: Blueprint, host: Host, software: Software) -> str:
    """The text of dependencies.json: by name, how each is asked. Read by templates/dependency-check."""
    asked = {item.value: _how(blueprint, host, item, software) for item in software.dependencies}
    return json.dumps({"address": host.address, "dependencies": asked}, indent=1, sort_keys=True) + "\n"


def _how(blueprint: Blueprint, host: Host, dependency: Dependency, software: Software) -> dict[str, Any]:
    def web(*addresses: str) -> dict[str, Any]:
        return {"kind": "http", "at": [f"http://{address}" for address in addresses]}

    asked: dict[Dependency, dict[str, Any]] = {
        Dependency.DATABASE: {
            "kind": "database",
            "at": [f"{blueprint.vip}:3306"],
            "user": software.database,
            "password": secret(f"database_{software.database}_password"),
        },
        Dependency.MESSAGING: {
            "kind": "amqp",
            "at": places(blueprint, "messaging", RABBIT),
            "user": "openstack",
            "password": secret("messaging_password"),
        },
        Dependency.IDENTITY: web(f"{blueprint.vip}:5000/v3"),
        Dependency.PLACEMENT: web(f"{blueprint.vip}:8778/"),
        Dependency.OBJECT_STORE: web(
            *(f"{at}/healthcheck" for at in places(blueprint, "object-store", 8080))
        ),
        Dependency.MEMCACHED: {"kind": "tcp", "at": [f"{host.address}:11211"]},
        Dependency.OVN: {"kind": "tcp", "at": places(blueprint, "ovn", NORTH)},
        Dependency.COORDINATION: {"kind": "tcp", "at": places(blueprint, "coordination", SENTINEL)},
    }
    return asked[dependency]
