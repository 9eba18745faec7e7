from suites.neighbours.fixtures import VersionsMeet


def test_versions_meet(versions_meet: VersionsMeet) -> None:
    versions_meet("placement")
