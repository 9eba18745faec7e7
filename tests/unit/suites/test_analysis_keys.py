"""Keys that Redis had to keep: those set well before the fault, and those that the new master took."""

from collections.abc import Iterable

import pytest

from suites.failover.analysis.acknowledged import ENOUGH_KEYS, KeyFindings, check_keys
from suites.probes.trace import Request, RequestOutcome

FAULT, LAG = 50.0, 3.0
OLD, NEW = "coordination-1", "coordination-2"


def taken(begin: float, end: float, by: str | None, rate: float = 20.0) -> list[Request]:
    """Keys acknowledged at a rate, named by when."""
    times = [begin + number / rate for number in range(int((end - begin) * rate))]
    return [Request(at, at, at, RequestOutcome.OK, by, key=f"{by}-{at:.2f}") for at in times]


def names(requests: Iterable[Request]) -> list[str]:
    return [str(one.key) for one in requests]


def found(requests: list[Request], gone: list[Request]) -> KeyFindings:
    away = set(names(gone))
    return check_keys(requests, [key for key in names(requests) if key not in away], FAULT, LAG)


FAILOVER = [*taken(44.0, FAULT, OLD), *taken(54.0, 60.0, NEW)]


def test_all_that_had_to_be_kept_was_kept() -> None:
    seen = found(FAILOVER, [])
    assert (seen.judged_before, seen.judged_after, seen.lost, seen.late) == (60, 120, (), ())
    assert seen.doubts == ()
    assert seen.told == "lost keys 0 of 180"


def test_keys_of_the_new_master_that_are_gone_are_lost_also_when_the_old_one_is_the_master_again() -> None:
    gone = taken(55.0, 60.0, NEW)
    for requests in (FAILOVER, [*FAILOVER, *taken(60.0, 63.0, OLD)]):
        assert found(requests, gone).lost == tuple(sorted(names(gone)))


def test_keys_from_well_before_the_fault_are_lost_and_those_of_its_last_seconds_are_not() -> None:
    gone = taken(46.0, FAULT, OLD)
    seen = found(FAILOVER, gone)
    assert (len(seen.lost), len(seen.late)) == (20, 60)
    assert seen.told == "lost keys 20 of 180, and 60 that Redis did not promise"


def test_what_the_old_master_takes_while_it_is_cut_off_or_waking_up_may_be_gone() -> None:
    around = [*taken(FAULT, 52.0, OLD), *taken(57.0, 57.5, OLD)]
    seen = found([*FAILOVER, *around], around)
    assert (seen.lost, len(seen.late)) == ((), len(around))


def test_the_old_master_keeps_what_it_takes_while_it_is_still_or_again_the_master() -> None:
    after = taken(51.0, 57.0, OLD)
    seen = found([*taken(44.0, FAULT, OLD), *after], after[:5])
    assert (seen.judged_after, len(seen.lost)) == (120, 5)
    last = taken(61.0, 63.0, OLD)
    seen = found([*FAILOVER, *last], last)
    assert (seen.judged_after, len(seen.lost)) == (160, 40)


def test_nobody_knows_what_a_nameless_master_had_to_keep() -> None:
    nameless = taken(55.0, 57.0, None)
    seen = found([*taken(44.0, FAULT, OLD), *nameless], nameless)
    assert (seen.judged_after, seen.lost, len(seen.late)) == (0, (), 40)


@pytest.mark.parametrize(
    ("requests", "side"),
    [
        (taken(54.0, 60.0, NEW), "0 keys set before the fault had to be kept"),
        ([*taken(46.6, FAULT, OLD), *taken(54.0, 60.0, NEW)], "8 keys set before the fault had to be kept"),
        ([*taken(44.0, FAULT, OLD), *taken(54.0, 54.41, NEW)], "8 keys set by the new master had to be kept"),
    ],
)
def test_too_few_keys_on_a_side_say_nothing_of_it(requests: list[Request], side: str) -> None:
    assert found(requests, []).doubts == (f"{side}; at least {ENOUGH_KEYS} are needed",)
