from suites.components.keystone import neighbours
from suites.neighbours.fixtures import Crossing, VersionsMeet


def test_versions_meet(versions_meet: VersionsMeet) -> None:
    versions_meet("identity")


def test_tokens_cross(crossing: Crossing) -> None:
    crossing(neighbours.token)
