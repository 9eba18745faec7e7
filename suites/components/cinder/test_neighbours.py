from suites.components.cinder import neighbours
from suites.neighbours.fixtures import Crossing, VersionsMeet


def test_versions_meet(versions_meet: VersionsMeet) -> None:
    versions_meet("volume")


def test_volume_types_cross(crossing: Crossing) -> None:
    crossing(neighbours.volume_type)
