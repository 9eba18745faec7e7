"""Why a fault's story proves nothing: it was not measured, or the fault itself was none. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from suites.failover.analysis.measures import Measures
from suites.failover.holders import UNWATCHED_S
from suites.failover.story import Story

# A stop of that length is a large part of what the least budget allows, and of a request's time-out.
STALLED_S = 0.5


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a verdict is no pass. `measured`: it is by what was seen, and not for want of it."""

    why: str
    measured: bool = False


def stalled(story: Story) -> list[Reason]:
    """Return the doubt in everything that took too long while the machine itself stood still."""
    if story.stalled_s <= STALLED_S:
        return []
    return [Reason(f"this machine itself stood still for {story.stalled_s:.2f} s")]


def doubts(story: Story, failing: Mapping[str, Measures]) -> list[Reason]:
    """Return why a story proves nothing while the fault stood.

    A fault that was not seen to bite, or that cost less than it must, is a judgement: of the fault. All else
    is a measurement that did not come about: too little was seen of a probe or of its baseline, of the VIP,
    of what was written, or the fault's own proof could not be read.
    """
    kept = [one for one in (story.messages, story.keys) if one is not None]
    found = [Reason(why) for one in (story.writes, *kept) for why in one.doubts]
    if not story.proof.holds:
        why = f"no proof that the fault was there: {story.proof.seen}"
        found.append(Reason(why, measured=story.proof.read))
    if story.unwatched_s > UNWATCHED_S:
        found.append(Reason(f"for {story.unwatched_s:.1f} s no host told whether it holds the VIP"))
    gap = max((measures.longest_gap_s for measures in failing.values()), default=0.0)
    least = story.timing.least_s
    if gap < least:
        why = (
            f"the fault did not bite: nothing was missing for more than {gap:.2f} s, "
            f"and it must cost at least {least:.2f} s"
        )
        found.append(Reason(why, measured=True))
    elif stalled(story) and gap - story.stalled_s < least:
        why = f"of {gap:.2f} s without a success, the fault may have cost less than the {least:.2f} s it must"
        found.append(Reason(why))
    if not story.again.holds and not story.again.failures:
        found.append(Reason(f"too few requests ended once all was healthy: {story.again.seen}"))
    return [*found, *of_measures(failing)]


def of_measures(measures: Mapping[str, Measures], part: str = "") -> list[Reason]:
    """Return what each probe saw too little of; `part` begins each sentence."""
    return [Reason(f"{part}{probe}: {text}") for probe, those in measures.items() for text in those.doubts]
