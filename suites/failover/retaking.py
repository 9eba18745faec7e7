"""What could not be measured is taken once more; what was judged, red or green, never is. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from suites.failover.judging import Judged
from suites.harness.report import Retake, one_line


@dataclass(frozen=True, slots=True)
class Taken:
    """What a fault came to, and why it was made once more, where it was."""

    judged: Judged
    retakes: tuple[Retake, ...] = ()


def taken(take: Callable[[bool], Judged], again: Callable[[str], None], folder: str) -> Taken:
    """Return what `take(repeated)` comes to, the second time where the first could not be measured.

    `again` is told why there is a second time; `folder` has the evidence of the first. Two that could not be
    measured are inconclusive, with the reasons of both. Raises what `take` raises.
    """
    first = take(False)  # noqa: FBT003 - of two
    if first.final:
        return Taken(first)
    why = "; ".join(first.why)
    again(why)
    second = take(True)  # noqa: FBT003 - of two
    if not second.final:
        both = (*second.why, f"and the first time: {why}")
        second = replace(second, why=both, seen=f"could not be measured twice: {'; '.join(both)}")
    return Taken(second, (Retake(one_line(why), folder),))
