"""The result of a group of tempest's tests, which together are one check. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from suites.api.stream import Ended, Status, Stream
from suites.seam.report import Outcome

# By check, the full names of its tests.
Groups = Mapping[str, tuple[str, ...]]
# The same as `api.py` has it: by check, package and class, the names of the tests.
Chosen = Mapping[str, Mapping[tuple[str, str], tuple[str, ...]]]
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Said:
    """A group's result: PASSED if each of its tests passed, FAILED if one failed, else INCONCLUSIVE."""

    outcome: Outcome
    seen: str


def full_names(chosen: Chosen) -> Groups:
    """Return the chosen groups, each test by its full name."""
    return {
        check: tuple(
            f"{package}.{place}.{test}" for (package, place), tests in classes.items() for test in tests
        )
        for check, classes in chosen.items()
    }


def judge(tests: Sequence[str], stream: Stream) -> Said:
    """Return the result of a group's tests.

    A test that was skipped, did not run, or began but did not end proves nothing. Neither does an incomplete
    stream, even if every test passed.
    """
    failed, unproved = [], []
    for test in tests:
        status, why = _of(test, stream.ended)
        if status is Status.FAILED:
            failed.append(f"{_short(test)}: {why}")
        elif status is not Status.PASSED:
            unproved.append(f"{_short(test)}: {why}")
    if failed:
        return Said(Outcome.FAILED, f"{len(failed)} of {len(tests)} failed: {_listed(failed)}")
    if stream.broken is not None:
        unproved.append(stream.broken)
    if unproved or not tests:
        return Said(
            Outcome.INCONCLUSIVE, f"proves nothing: {_listed(unproved) or 'there is no test in the group'}"
        )
    seconds = sum(ended.seconds for ended in stream.ended if not ended.step and ended.test in tests)
    return Said(Outcome.PASSED, f"{len(tests)} tests passed in {seconds:.1f} s")


def strays(wanted: Iterable[str], stream: Stream) -> tuple[str, ...]:
    """Return the failed tests and class steps that belong to no group, sorted."""
    tests = set(wanted)
    classes = {class_of(test) for test in tests}
    return tuple(
        sorted(
            f"{ended.step or 'test'} {ended.test}"
            for ended in stream.ended
            if ended.status is Status.FAILED and ended.test not in (classes if ended.step else tests)
        )
    )


def _of(test: str, all_ended: Iterable[Ended]) -> tuple[Status, str]:
    own = [ended for ended in all_ended if not ended.step and ended.test == test]
    around = [ended for ended in all_ended if ended.step and ended.test == class_of(test)]
    for ended in (*own, *around):
        if ended.status is Status.FAILED:
            return Status.FAILED, f"{ended.step}: {ended.why}" if ended.step else ended.why
    if own:
        return own[-1].status, own[-1].why
    for ended in around:
        if ended.status is Status.SKIPPED:
            return Status.SKIPPED, f"its class was skipped: {ended.why}"
    return Status.BEGUN, "it was not run"


def class_of(test: str) -> str:
    """Return the full name of a test's class."""
    return test.rpartition(".")[0]


def _short(test: str) -> str:
    return ".".join(test.split(".")[-2:])


def _listed(texts: Sequence[str]) -> str:
    more = f"; and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return "; ".join(texts[:SHOWN]) + more
