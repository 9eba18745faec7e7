"""Gives the checks the lease of the run that started their gate."""

from dataclasses import dataclass

import pytest

from suites.seam.lease import Lease

LEASE = pytest.StashKey[Lease | None]()


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Leased:
    """The pytest plugin that carries the lease into the session."""

    lease: Lease | None

    def pytest_configure(self, config: pytest.Config) -> None:
        """Keep the lease for the fixture."""
        config.stash[LEASE] = self.lease


@pytest.fixture(scope="session")
def lease(pytestconfig: pytest.Config) -> Lease | None:
    """The lease to look at before the stage is disturbed; None if no run is known, as by hand."""
    return pytestconfig.stash.get(LEASE, None)
