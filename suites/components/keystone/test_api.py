from suites.api.fixtures import TempestPasses

# What stands behind each of these is in api.py, by its name.


def test_versions_and_catalog(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_tokens(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_users(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_projects(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_groups_and_domains(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_roles(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_credentials(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_trusts(tempest_passes: TempestPasses) -> None:
    tempest_passes()


def test_services_and_policies(tempest_passes: TempestPasses) -> None:
    tempest_passes()
