from suites.components.neutron import neighbours
from suites.neighbours.fixtures import Crossing


def test_networks_cross(crossing: Crossing) -> None:
    crossing(neighbours.network)


def test_security_groups_cross(crossing: Crossing) -> None:
    crossing(neighbours.security_group)
