from suites.api.fixtures import TempestPasses

# What stands behind each of these is in api.py, by its name.


def test_versions_and_extensions(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_networks(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_bulk_operations(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_subnet_pools(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_ports(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_routers(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_security_groups(tempest_passes: TempestPasses) -> None:
    tempest_passes()
