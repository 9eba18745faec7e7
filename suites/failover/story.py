"""What happened while a fault stood, as its parts were seen, and what it says about the stage. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from suites.failover.holders import alone
from suites.failover.written import told
from suites.harness.analysis import (
    LATE_S,
    Budget,
    Enough,
    Measures,
    Verdict,
    WriteFindings,
    measure,
    unseen_s,
)
from suites.harness.analysis.messages import KeyFindings, MessageFindings
from suites.harness.marks import Event, Holding
from suites.harness.observation import Observation
from suites.harness.probing.spec import Kind
from suites.harness.suffering import Suffering
from suites.harness.target import Timing
from suites.harness.trace import Outcome, Trace, Window

# The slowest of most probes makes five requests a second, and windows are short: a gate has minutes in all.
ENOUGH = Enough(baseline_s=1.5, baseline_samples=5, samples=10)
# Servers are made one every few seconds; a request more or less is a large part of them.
# That they stay is seen on the way back.
ENOUGH_SERVERS = Enough(baseline_s=1.5, baseline_samples=2, samples=3, rate=0.5, stayed_s=0.0)
# Hosts tell several times a second who holds the VIP; the one that lost it may be gone.
UNWATCHED_S = 2.0
LAST_S = 1.0  # what is said of the end is said of so long


@dataclass(frozen=True, slots=True)
class Story:
    """One fault from its baseline until the stage was well again.

    `failing` is from the baseline until the fault was undone, `mending` from calm before that to the end.
    `making_s` is how long the command took that made the fault: it happened somewhere within that.
    `unwatched_s` is the longest time in which no host told whether it holds the VIP; `again` says whether
    every probe was served in the end, also those that the fault is not judged by.
    `messages` and `keys` are None where no probe sent or set any; `left` is what probes left behind.
    `proved` is when the fault was seen to bite (None: never), `healthy` when the stage was well again.
    """

    component: str
    suffering: Suffering
    victim: str
    seed: int
    timing: Timing
    making_s: float
    failing: Window
    mending: Window
    traces: tuple[Trace, ...]
    holdings: tuple[Holding, ...]
    unwatched_s: float
    again: Observation
    events: tuple[Event, ...]
    proof: Observation
    proved: float | None
    healthy: float
    writes: WriteFindings
    notes: tuple[str, ...] = ()
    messages: MessageFindings | None = None
    keys: KeyFindings | None = None
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on a story, the sentences behind it, one line for people, and the measures by probe."""

    verdict: Verdict
    why: tuple[str, ...]
    seen: str
    failing: Mapping[str, Measures]
    mending: Mapping[str, Measures]


def judge(story: Story) -> Judged:
    """Judge a story: what is wrong beyond doubt, then the fault, then the way back.

    Of the fault and of the way back alike: what proves nothing comes before what cost too much. A fault that
    cost too much is a failure even if nothing can be said of the way back.
    """
    notice = {kind.value for kind in story.suffering.notice}
    traces = [trace for trace in story.traces if trace.kind in notice]
    failing = {
        trace.probe: measure(trace, story.failing, allowed(story, trace), enough(trace)) for trace in traces
    }
    # The way back may cost a request here and there, but never more than the fault itself.
    way_back = Budget(longest_gap_s=story.timing.budget_s, errors=story.suffering.errors)
    mending = {trace.probe: measure(trace, story.mending, way_back, enough(trace)) for trace in traces}
    verdict, reasons = _first(
        (Verdict.FAILED, _wrong(story)),
        (Verdict.INCONCLUSIVE, [*_doubts(story, failing), *_each(failing, "doubts")]),
        (Verdict.FAILED, _each(failing, "exceeded")),
        (Verdict.INCONCLUSIVE, [f"mending: {text}" for text in _each(mending, "doubts")]),
        (Verdict.FAILED, [f"mending: {text}" for text in _each(mending, "exceeded")]),
    )
    seen = "; ".join([*reasons, *_sentence(story, failing)])
    return Judged(verdict, tuple(reasons), seen, failing, mending)


def allowed(story: Story, trace: Trace) -> Budget:
    """Return what a probe's clients may go through while the fault stands."""
    # The last request from before somebody else serves may be sent late, and takes its whole time-out. The
    # next success, which says that all is well, is no stall for three intervals between requests.
    late = LATE_S + unseen_s(trace.rate)
    return Budget(
        longest_gap_s=story.timing.budget_s,
        errors=story.suffering.errors,
        recovered_s=story.timing.budget_s + story.making_s + late,
    )


def enough(trace: Trace) -> Enough:
    """Return how much must have been seen of a probe."""
    return ENOUGH_SERVERS if trace.kind == Kind.SERVER.value else ENOUGH


def _first(*found: tuple[Verdict, Sequence[str]]) -> tuple[Verdict, Sequence[str]]:
    """Return the first finding that has reasons; none is a pass."""
    return next(((verdict, reasons) for verdict, reasons in found if reasons), (Verdict.PASSED, ()))


def _wrong(story: Story) -> list[str]:
    found = [*story.left] if story.writes.clean else [told(story.writes), *story.left]
    # A fault that was got over quickly is over before its budget: then the end alone says who holds it.
    end = story.mending.end
    since = min(story.failing.fault + story.making_s + story.timing.budget_s, end - LAST_S)
    if not alone(story.holdings, since, end):
        held = ", ".join(
            f"{h.holder or 'nobody'} from {h.at - story.failing.fault:.1f} s" for h in story.holdings
        )
        found.append(f"not exactly one holder of the VIP {story.timing.budget_s:g} s after the fault: {held}")
    if story.messages is not None and story.messages.lost:
        found.append(f"confirmed and never consumed: {story.messages.told}")
    if story.keys is not None and story.keys.lost:
        found.append(f"set long before the fault, and gone: {story.keys.told}")
    writers = sorted(last_answering(story.traces, Kind.SQL, end))
    if len(writers) > 1:
        found.append(f"two writers in the end: {', '.join(writers)}")
    if not writers:
        found.append("nobody took a write in the end")
    if not story.again.holds:
        found.append(f"clients were not served without failures again: {story.again.seen}")
    return found


def _doubts(story: Story, failing: Mapping[str, Measures]) -> list[str]:
    kept = [one for one in (story.messages, story.keys) if one is not None]
    found = [*story.writes.doubts, *(doubt for one in kept for doubt in one.doubts)]
    if not story.proof.holds:
        found.append(f"no proof that the fault was there: {story.proof.seen}")
    if story.unwatched_s > UNWATCHED_S:
        found.append(f"for {story.unwatched_s:.1f} s no host told whether it holds the VIP")
    gap = max((measures.longest_gap_s for measures in failing.values()), default=0.0)
    if gap < story.timing.least_s:
        found.append(
            f"the fault did not bite: nothing was missing for more than {gap:.2f} s, "
            f"and it must cost at least {story.timing.least_s:.2f} s"
        )
    return found


def last_answering(traces: Sequence[Trace], kind: Kind, end: float, span: float = LAST_S) -> frozenset[str]:
    """Return who answered the probes of a kind in the last moments before `end`."""
    return frozenset(
        request.by
        for trace in traces
        if trace.kind == kind.value
        for request in trace.requests
        if request.by and request.outcome is Outcome.OK and end - span <= request.end <= end
    )


def beside(story: Story) -> tuple[str, ...]:
    """Return what became of messages and keys, a sentence for each kind that there was."""
    return tuple(one.told for one in (story.messages, story.keys) if one is not None)


def _each(measures: Mapping[str, Measures], part: str) -> list[str]:
    return [f"{probe}: {text}" for probe, those in measures.items() for text in getattr(those, part)]


def _sentence(story: Story, failing: Mapping[str, Measures]) -> list[str]:
    worst = max(failing, key=lambda probe: failing[probe].longest_gap_s)
    errors = sum(measures.errors for measures in failing.values())
    recovered = [measures.recovered_after_s for measures in failing.values()]
    times = [moment for moment in recovered if moment is not None]
    back = f"recovered after {max(times):.2f} s" if len(times) == len(recovered) else "not recovered"
    return [
        f"{story.victim}: {story.proof.seen}",
        f"longest gap {failing[worst].longest_gap_s:.2f} s ({worst}) of {story.timing.budget_s:.2f} s",
        f"{errors} errors",
        told(story.writes),
        *beside(story),
        back,
        *story.notes,
    ]
