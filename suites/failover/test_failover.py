from suites.failover.fixtures import Survives
from suites.faults.suffering import Suffering


def test_suffers(suffering: Suffering, survives: Survives) -> None:
    survives(suffering)
