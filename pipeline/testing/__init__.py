"""Fakes of every port, for tests of the engine and of what is built on it.

    bench = Bench()                                   the world, the store, the clock, the checkout
    bench.commit("first", a="1")                      the checkout is a release that wants a to be 1
    promote(bench.shop(), Wish("dev"))                an engine process on fakes promotes it
    bench.shop(Trap(at=7))                            one that dies, as by kill -9, at its eighth call

Each fake passes the same contract tests as its adapter (tests/contract/). `pipeline.testing.gitlab` is a
whole GitLab, for what talks to one over the network.
"""

from pipeline.testing.archives import FakeArchives
from pipeline.testing.beginnings import FakeBeginnings
from pipeline.testing.bench import Bench, make_pin
from pipeline.testing.candidates import FakeCandidates
from pipeline.testing.deployer import FakeDeployer, World
from pipeline.testing.forge import FakeForge
from pipeline.testing.gates import FakeGates
from pipeline.testing.ledger import MemoryLedger, MemoryStore
from pipeline.testing.small import FakeRevisions, FakeTools, Quiet, StoppedClock
from pipeline.testing.snapshots import MemorySnapshots
from pipeline.testing.storage import FakeStorage
from pipeline.testing.trap import Crash, Trap

__all__ = [
    "Bench",
    "Crash",
    "FakeArchives",
    "FakeBeginnings",
    "FakeCandidates",
    "FakeDeployer",
    "FakeForge",
    "FakeGates",
    "FakeRevisions",
    "FakeStorage",
    "FakeTools",
    "MemoryLedger",
    "MemorySnapshots",
    "MemoryStore",
    "Quiet",
    "StoppedClock",
    "Trap",
    "World",
    "make_pin",
]
