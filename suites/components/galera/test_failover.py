from functools import partial

from suites.clients.runner import Clients
from suites.components.galera import rows
from suites.components.galera.component import DATA
from suites.failover.fixtures import Survives
from suites.faults.fault import cut_off
from suites.faults.fault_case import FaultCase, Scene
from suites.seam.target import Target


def test_writer_cut_off(survives: Survives, clients: Clients, target: Target) -> None:
    survives(
        FaultCase("writer_cut_off", partial(cut_off, component="galera"), Scene.writing, DATA),
        partial(rows.refuses, clients, target),
    )
