"""What could not be measured is taken once more; what was judged, red or green, never is. Pure."""

from collections.abc import Callable
from dataclasses import replace

from suites.failover.judging import Judged
from suites.seam.report import Retake, one_line


def taken(take: Callable[[bool], Judged], again: Callable[[Retake], None], folder: str) -> Judged:
    """Return what `take(repeated)` comes to, the second time where the first could not be measured.

    `again` is told before there is a second time, which may end with an error; `folder` has the evidence of
    the first. Two that could not be measured are inconclusive, with the reasons of both. Raises what `take`
    raises.
    """
    first = take(False)  # noqa: FBT003 - of two
    if first.final:
        return first
    why = "; ".join(first.why)
    again(Retake(one_line(why), folder))
    second = take(True)  # noqa: FBT003 - of two
    if second.final:
        return second
    both = (*second.why, f"and the first time: {why}")
    return replace(second, why=both, seen=f"could not be measured twice: {'; '.join(both)}")
