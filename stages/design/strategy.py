"""How a release changes coloured hosts that serve, where both run one OpenStack release. Pure."""

from enum import Enum


class Strategy(Enum):
    """Either they are changed where they stand, one after the other, or another control plane takes over.

    Another OpenStack release always comes by another control plane.
    """

    ROLLING = "rolling"
    BLUE_GREEN = "blue-green"
