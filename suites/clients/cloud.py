"""Who a client is in the cloud under test, by the clouds.yaml that `Clients` names to it."""

import os
from collections.abc import Mapping

import yaml


def account() -> Mapping[str, str]:
    """Return the names of OS_CLOUD's user, project and their domains, as OS_CLIENT_CONFIG_FILE has them.

    Read here: openstacksdk reads the same, and loads all of its services first, a second of CPU each client.
    Raises OSError, KeyError.
    """
    with open(os.environ["OS_CLIENT_CONFIG_FILE"], encoding="utf-8") as file:  # noqa: PTH123 - a path as text
        auth: Mapping[str, str] = yaml.safe_load(file)["clouds"][os.environ["OS_CLOUD"]]["auth"]
    return auth
