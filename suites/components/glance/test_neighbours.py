from suites.components.glance import neighbours
from suites.neighbours.fixtures import Crossing, VersionsMeet


def test_versions_meet(versions_meet: VersionsMeet) -> None:
    versions_meet("image")


def test_images_cross(crossing: Crossing) -> None:
    crossing(neighbours.image)
