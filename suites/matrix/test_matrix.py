from suites.failover.fixtures import Survives
from suites.faults.fault_case import FaultCase


def test_survives(fault_case: FaultCase, survives: Survives) -> None:
    survives(fault_case)
