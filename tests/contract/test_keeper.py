"""What keepers promise: the fake and the thread's; and a thread's never dies unseen."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from pipeline.adapters.keeper_thread import ThreadKeeper
from pipeline.core.errors import LeaseLost, TryAgain
from pipeline.core.leases import Lease
from pipeline.ports import Keeper
from pipeline.testing import Quiet
from pipeline.testing.ledger import holder

LEASE = Lease("dev", 1, "promote", holder(1), 60.0)
TTL_S = 0.03


@dataclass
class Renewals:
    """A ledger whose renewals end as a test wants, and then go well."""

    answers: list[Exception] = field(default_factory=list)
    well: threading.Event = field(default_factory=threading.Event)

    def renew(self, lease: Lease, _ttl_s: float) -> Lease:
        if self.answers:
            raise self.answers.pop(0)
        self.well.set()
        return lease


def quiet(problem: LeaseLost | None) -> Keeper:
    return Quiet(lost=problem)


def thread(problem: LeaseLost | None) -> Keeper:
    return ThreadKeeper(Renewals([problem] if problem else []), TTL_S, lambda: None)


@pytest.mark.parametrize("keeper", [quiet, thread])
@pytest.mark.parametrize("problem", [None, LeaseLost("somebody took it")])
def test_a_lease_is_kept_or_its_keeper_says_why_not(
    keeper: Callable[[LeaseLost | None], Keeper], problem: LeaseLost | None
) -> None:
    with keeper(problem).keeping(LEASE) as lost:
        until = time.monotonic() + (10 if problem else 3 * TTL_S)  # renewed at least once
        while lost() is None and time.monotonic() < until:
            time.sleep(TTL_S)
        assert lost() is problem


@pytest.mark.parametrize(
    "problem", [LeaseLost("somebody took it"), OSError(28, "No space left on device"), ValueError("what?")]
)
def test_a_lease_that_cannot_be_renewed_is_told_and_stops_the_children(problem: Exception) -> None:
    stopped = threading.Event()
    # Long enough for a busy machine to try once before it gives up.
    with ThreadKeeper(Renewals([problem]), 40 * TTL_S, stopped.set).keeping(LEASE) as lost:
        assert stopped.wait(10)
        reason = lost()

    assert isinstance(reason, LeaseLost)
    assert str(problem) in " ".join(reason.lines()) or repr(problem) in reason.why


def test_a_busy_ledger_is_asked_again() -> None:
    ledger = Renewals([TryAgain("busy"), TryAgain("busy")])
    with ThreadKeeper(ledger, 40 * TTL_S, lambda: None).keeping(LEASE) as lost:
        assert ledger.well.wait(10)
        assert lost() is None


def test_a_ledger_that_stays_away_costs_the_lease_before_others_may_take_it() -> None:
    stopped, ttl_s = threading.Event(), 2.0
    ledger = Renewals([TryAgain("the ledger cannot be reached")] * 1000)
    begun = time.monotonic()
    with ThreadKeeper(ledger, ttl_s, stopped.set).keeping(LEASE) as lost:
        assert stopped.wait(10)
        took, reason = time.monotonic() - begun, lost()

    assert isinstance(reason, LeaseLost)
    assert "the ledger cannot be reached" in reason.why
    assert took < ttl_s
    assert len(ledger.answers) < 998  # it was asked more than once


@dataclass
class Standstill:
    """A ledger whose renewals are not answered until a test lets them be."""

    asked: threading.Event = field(default_factory=threading.Event)
    answer: threading.Event = field(default_factory=threading.Event)

    def renew(self, lease: Lease, _ttl_s: float) -> Lease:
        self.asked.set()
        assert self.answer.wait(30)
        return lease


def test_a_renewal_that_is_not_answered_costs_the_lease_before_others_may_take_it() -> None:
    stopped, ttl_s, ledger = threading.Event(), 2.0, Standstill()
    calls: list[float] = []

    def lost() -> None:
        calls.append(time.monotonic())
        stopped.set()

    begun = time.monotonic()
    with ThreadKeeper(ledger, ttl_s, lost).keeping(LEASE) as why:
        assert ledger.asked.wait(10)
        in_time = stopped.wait(10)
        reason = why()
        ledger.answer.set()

    assert in_time
    assert isinstance(reason, LeaseLost)
    assert "no renewal went well" in reason.why
    assert len(calls) == 1
    assert calls[0] - begun < ttl_s
    assert why() is reason  # an answer that comes later mends nothing
