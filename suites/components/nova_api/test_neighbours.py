from suites.components.nova_api import neighbours
from suites.neighbours.fixtures import Crossing, VersionsMeet


def test_versions_meet(versions_meet: VersionsMeet) -> None:
    versions_meet("compute")


def test_flavors_cross(crossing: Crossing) -> None:
    crossing(neighbours.flavor)


def test_servers_cross(crossing: Crossing) -> None:
    crossing(neighbours.server)
