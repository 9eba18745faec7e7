"""Why a fault's story proves nothing: it was not measured, or the fault took no effect. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from suites.failover.analysis.measures import Measures
from suites.failover.holders import UNWATCHED_S
from suites.failover.story import Story

# A stall of this length is a large part of the smallest budget, and of a request's timeout.
STALLED_S = 0.5
# Of the time in which nobody can serve: a request that was being answered may still have ended in it.
NOBODY_FOR = 0.75


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is not a pass. `measured`: because of what was seen, not because too little was."""

    why: str
    measured: bool = False


def stalled(story: Story) -> list[Reason]:
    """Return the reason to doubt any result that came too late, if the machine itself stalled."""
    if story.stalled_s <= STALLED_S:
        return []
    return [Reason(f"this machine itself or its disk stood still for {story.stalled_s:.2f} s")]


def doubts(story: Story, failing: Mapping[str, Measures]) -> list[Reason]:
    """Return why a story proves nothing about the time of the fault.

    A fault whose proof is negative, or that cost less than it must, is a judgement: the fault took no effect.
    Every other doubt is a failed measurement: too little was seen of a probe, its baseline, the VIP or the
    data written, or the proof could not be read.
    """
    kept = [one for one in (story.messages, story.keys) if one is not None]
    found = [Reason(why) for one in (story.writes, *kept) for why in one.doubts]
    if not story.proof.holds:
        why = f"no proof that the fault was there: {story.proof.seen}"
        found.append(Reason(why, measured=story.proof.read and not stalled(story)))
    if story.unwatched_s > UNWATCHED_S:
        found.append(Reason(f"for {story.unwatched_s:.1f} s no host told whether it holds the VIP"))
    if story.fault_case.parts_vip and not any(", " in (one.holder or "") for one in story.holdings):
        why = "the fault did not bite: no two hosts held the VIP while they could not hear each other"
        found.append(Reason(why, measured=True))
    gap = max((measures.longest_gap_s for measures in failing.values()), default=0.0)
    least = least_s(story)
    if gap < least:
        why = (
            f"the fault did not bite: nothing was missing for more than {gap:.2f} s, "
            f"and it must cost at least {least:.2f} s"
        )
        found.append(Reason(why, measured=True))
    elif least and stalled(story) and gap - story.stalled_s < least:
        why = f"of {gap:.2f} s without a success, the fault may have cost less than the {least:.2f} s it must"
        found.append(Reason(why))
    if not story.again.holds and not story.again.failures:
        found.append(Reason(f"too few requests ended once all was healthy: {story.again.seen}"))
    return [*found, *of_measures(failing)]


def least_s(story: Story) -> float:
    """Return what the fault must have cost; where nobody can serve, the time until its undo."""
    if not story.fault_case.total:
        return story.timing.least_s
    return NOBODY_FOR * (story.failing.end - story.failing.fault - story.making_s)


def of_measures(measures: Mapping[str, Measures], part: str = "") -> list[Reason]:
    """Return the doubts of each probe's measures, each sentence prefixed with `part`."""
    return [Reason(f"{part}{probe}: {text}") for probe, those in measures.items() for text in those.doubts]
