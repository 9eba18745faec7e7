"""Processes of `promote` that wait for one stage: the newest goes, and the others end."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from machine import Machine

from pipeline.adapters.ledger_sqlite import SqliteLedger
from pipeline.adapters.this_process import liveness, this_process
from pipeline.core.events import PromotionDequeued, PromotionQueued


class Dev:
    """A promotion of r1 is under way in dev until `go_on`; others come and wait."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._ledger = SqliteLedger(machine.site, now=time.time, holder=this_process(), liveness=liveness)
        machine.pause()
        self.processes = [machine.start("--stage", "dev")]
        self._until(lambda: self._ledger.lease_on("dev") is not None)

    def queue(self) -> Sequence[str]:
        """What was recorded of those who wait."""
        return [
            "queued" if isinstance(event, PromotionQueued) else event.why.value
            for event in (record.event for record in self._ledger.read())
            if isinstance(event, PromotionQueued | PromotionDequeued)
        ]

    def wait(self, template: str) -> subprocess.Popen[str]:
        """Let the promotion of the checkout, which has this template, begin to wait."""
        before = len(self.queue())
        self.machine.release(template=template, greeting="hello")
        self.processes.append(self.machine.start("--stage", "dev", "--wait", "2m", "-o", "json"))
        self._until(lambda: len(self.queue()) > before)
        return self.processes[-1]

    def _until(self, condition: Callable[[], bool]) -> None:
        for _ in range(600):
            if condition():
                return
            time.sleep(0.1)
        pytest.fail(f"it did not come about: {self.queue()}")


@pytest.fixture
def dev(machine: Machine) -> Iterator[Dev]:
    made = Dev(machine)
    yield made
    for process in made.processes:
        process.kill()
        process.communicate()


def test_the_newest_of_those_that_wait_goes_and_the_older_end_at_once(dev: Dev) -> None:
    older = dev.wait("second")
    newer = dev.wait("third")
    out, err = older.communicate(timeout=60)

    assert older.returncode == 9, err
    assert json.loads(out)["error"]["what"] == "r2 is superseded by r3, which waits for dev, too"
    dev.machine.go_on()
    assert newer.wait(timeout=120) == 0
    assert dev.machine.history() == [("promote", "r1", "verified"), ("promote", "r3", "verified")]
    assert dev.queue() == ["queued", "queued", "superseded", "started"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143)])
def test_one_that_is_ended_while_it_waits_holds_up_nobody(dev: Dev, number: int, code: int) -> None:
    newer = dev.wait("third")
    newer.send_signal(number)
    assert newer.wait(timeout=60) == code
    after = dev.wait("second")
    dev.machine.go_on()

    assert after.wait(timeout=120) == 0
    assert dev.machine.history()[-1] == ("promote", "r3", "verified")
