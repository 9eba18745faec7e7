from suites.api.fixtures import TempestPasses

# What stands behind each of these is in api.py, by its name.


def test_versions(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_images(tempest_passes: TempestPasses) -> None:
    tempest_passes()
