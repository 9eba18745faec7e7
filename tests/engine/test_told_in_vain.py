"""Who is told can't be told: nothing that goes wrong with a notifier may fail a run."""

from dataclasses import replace

import pytest
from runs import Meanwhile

from pipeline.cli.unfailing import Unfailing
from pipeline.core.checked import Checked
from pipeline.core.errors import LedgerNotUnderstood, RunInterrupted
from pipeline.core.events import Record
from pipeline.core.kinds import Outcome
from pipeline.engine.promote import Wish, promote
from pipeline.ports import Notifier
from pipeline.testing import Bench, FakeGates


class Broken:
    """A notifier whose reader has gone."""

    def __init__(self, problem: Exception) -> None:
        self.problem = problem
        self.calls: set[str] = set()

    def recorded(self, record: Record) -> None:  # noqa: ARG002 - the port's signature
        self._raise("recorded")

    def progress(self, message: str, host: str | None = None) -> None:  # noqa: ARG002 - likewise
        self._raise("progress")

    def checked(self, check: Checked) -> None:  # noqa: ARG002 - likewise
        self._raise("checked")

    def _raise(self, call: str) -> None:
        self.calls.add(call)
        raise self.problem


def told_to(bench: Bench, notifier: Notifier) -> Outcome:
    """How a run ends that tells this notifier, also from the threads that take its steps."""
    deployer = Meanwhile(bench, lambda step: notifier.progress("half way", step.host))
    gates = FakeGates(bench.answers, notifier=notifier)
    shop = replace(bench.shop(workers=4), notifier=notifier, deployer=deployer, gates=gates)
    return promote(shop, Wish("dev")).outcome


@pytest.mark.parametrize(
    "problem",
    [
        BrokenPipeError(32, "Broken pipe"),
        OSError(28, "No space left on device"),
        KeyError("a mistake of ours"),
        LedgerNotUnderstood("the ledger, which the display reads, is damaged"),
    ],
)
def test_a_run_that_nobody_can_be_told_of_is_verified(bench: Bench, problem: Exception) -> None:
    bench.commit("first", a="1", b="2", c="3")
    broken = Broken(problem)
    notifier = Unfailing(broken)

    assert told_to(bench, notifier) is Outcome.VERIFIED

    assert broken.calls == {"recorded", "progress", "checked"}
    assert notifier.lost is problem
    attempt = bench.shop().history().attempts["p1"]
    assert (attempt.done, attempt.failures) == ({"a", "b", "c"}, {})


def test_a_signal_that_arrives_while_telling_still_ends_the_command(bench: Bench) -> None:
    with pytest.raises(RunInterrupted):
        told_to(bench, Unfailing(Broken(RunInterrupted(15, "interrupted before anything was begun"))))
