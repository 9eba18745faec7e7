from suites.api.fixtures import TempestPasses

# What stands behind each of these is in api.py, by its name.


def test_versions(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_flavors(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_servers(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_server_addresses(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_server_reboots(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_security_groups(tempest_passes: TempestPasses) -> None:
    tempest_passes()
