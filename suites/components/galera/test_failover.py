from functools import partial

from suites.components.galera import cutting
from suites.components.galera.component import DATA
from suites.failover.fixtures import Survives
from suites.harness.clients import Clients
from suites.harness.suffering import Scene, Suffering
from suites.harness.target import Target


def test_writer_cut_off(survives: Survives, clients: Clients, target: Target) -> None:
    survives(
        Suffering("writer_cut_off", cutting.from_peers, Scene.writing, DATA),
        partial(cutting.refuses, clients, target),
    )
