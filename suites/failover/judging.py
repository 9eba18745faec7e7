"""What a fault's story says about the stage. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from suites.failover.analysis.measures import Budget, Enough, Measures, Verdict
from suites.failover.analysis.measuring import LATE_S, measure, unseen_s
from suites.failover.doubting import Reason, doubts, of_measures, stalled
from suites.failover.holders import UNWATCHED_S, alone
from suites.failover.story import LAST_S, Story, last_answering
from suites.failover.written import told
from suites.probes.spec import Kind
from suites.probes.trace import Trace

# The slowest of most probes makes three requests a second, and windows are short: a gate has minutes in all.
ENOUGH = Enough(baseline_s=1.5, baseline_samples=5, samples=10)
# Servers are made one every few seconds; a request more or less is a large part of them.
# That they stay is seen on the way back.
ENOUGH_SERVERS = Enough(baseline_s=1.5, baseline_samples=2, samples=3, rate=0.5, stayed_s=0.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on a story, the sentences behind it, one line for people, and the measures by probe.

    Not `final` is what proves nothing because the measurement did not come about: it is taken again, once. A
    judgement never is, whatever it says.
    """

    verdict: Verdict
    why: tuple[str, ...]
    seen: str
    failing: Mapping[str, Measures]
    mending: Mapping[str, Measures]
    final: bool = True


def judge(story: Story) -> Judged:
    """Judge a story: what is lost, then what is wrong in the end, then the fault, then the way back.

    Of the fault and of the way back alike: what proves nothing comes before what cost too much. A fault that
    cost too much is a failure even if nothing can be said of the way back.

    What is lost stays lost, whatever the machine did. All else takes its time, and a machine that stands
    still only makes it take longer: a pass stands, and a failure is none of the stage.
    """
    notice = {kind.value for kind in story.fault_case.notice}
    traces = [trace for trace in story.traces if trace.kind in notice]
    failing = {
        trace.probe: measure(trace, story.failing, allowed(story, trace), enough(trace)) for trace in traces
    }
    # The way back may cost a request here and there, but never more than the fault itself.
    mending = {
        trace.probe: measure(trace, story.mending, budget_of(story, trace), enough(trace)) for trace in traces
    }
    late = stalled(story)
    too_late = Verdict.INCONCLUSIVE if late else Verdict.FAILED
    verdict, reasons = _first(
        (Verdict.FAILED, _sure(_lost(story))),
        (too_late, _sure(_wrong(story))),
        (Verdict.INCONCLUSIVE, doubts(story, failing)),
        (too_late, _sure(_exceeded(failing))),
        (Verdict.INCONCLUSIVE, of_measures(mending, "mending: ")),
        (too_late, _sure(f"mending: {text}" for text in _exceeded(mending))),
    )
    if verdict is Verdict.INCONCLUSIVE:
        reasons = [*late, *reasons]
    why = tuple(reason.why for reason in reasons)
    seen = "; ".join([*why, *_sentence(story, failing)])
    return Judged(verdict, why, seen, failing, mending, all(reason.measured for reason in reasons))


def allowed(story: Story, trace: Trace) -> Budget:
    """Return what a probe's clients may go through while the fault stands."""
    # The last request from before somebody else serves may be sent late, and takes its whole time-out. The
    # next success, which says that all is well, is no stall for three intervals between requests.
    late = LATE_S + unseen_s(trace.rate)
    recovered = story.timing.budget_s + trace.timeout_s - story.timing.timeout_s + story.making_s + late
    return replace(budget_of(story, trace), recovered_s=recovered)


def budget_of(story: Story, trace: Trace) -> Budget:
    """Return what a probe's clients may go through at any time.

    A client that asks every half second hears so much later that all is well: the time between two requests
    is allowed on top of the fault's budget. So is what it waits longer than the client of that budget does.
    """
    longer = trace.timeout_s - story.timing.timeout_s
    longest = story.timing.budget_s + longer + 1 / trace.rate
    return Budget(longest_gap_s=longest, errors=story.fault_case.errors)


def enough(trace: Trace) -> Enough:
    """Return how much must have been seen of a probe."""
    return ENOUGH_SERVERS if trace.kind == Kind.SERVER.value else ENOUGH


def _first(*found: tuple[Verdict, Sequence[Reason]]) -> tuple[Verdict, Sequence[Reason]]:
    """Return the first finding that has reasons; none is a pass."""
    return next(((verdict, reasons) for verdict, reasons in found if reasons), (Verdict.PASSED, ()))


def _sure(sentences: Iterable[str]) -> list[Reason]:
    return [Reason(sentence, measured=True) for sentence in sentences]


def _lost(story: Story) -> list[str]:
    found = [] if story.writes.clean else [told(story.writes)]
    if story.keys is not None and story.keys.lost:
        found.append(f"set long before the fault or by the new master, and gone: {story.keys.told}")
    return found


def _wrong(story: Story) -> list[str]:
    found = list(story.left)
    # A fault that was got over quickly is over before its budget: then the end alone says who holds it.
    end = story.mending.end
    since = min(story.failing.fault + story.making_s + story.timing.budget_s, end - LAST_S)
    if story.unwatched_s <= UNWATCHED_S and not alone(story.holdings, since, end):
        held = ", ".join(
            f"{h.holder or 'nobody'} from {h.at - story.failing.fault:.1f} s" for h in story.holdings
        )
        found.append(f"not exactly one holder of the VIP {story.timing.budget_s:g} s after the fault: {held}")
    if story.messages is not None and story.messages.lost:
        found.append(f"confirmed and never consumed: {story.messages.told}")
    writers = sorted(last_answering(story.traces, Kind.SQL, end))
    if len(writers) > 1:
        found.append(f"two writers in the end: {', '.join(writers)}")
    if not writers:
        found.append("no database took a write in the end")
    if story.again.failures:
        found.append(f"clients still saw failures in the end: {story.again.seen}")
    return found


def _exceeded(measures: Mapping[str, Measures]) -> list[str]:
    return [f"{probe}: {text}" for probe, those in measures.items() for text in those.exceeded]


def beside(story: Story) -> tuple[str, ...]:
    """Return what became of messages and keys, a sentence for each kind that there was."""
    return tuple(one.told for one in (story.messages, story.keys) if one is not None)


def worst(story: Story, failing: Mapping[str, Measures]) -> tuple[str, float]:
    """Return the probe that came nearest to what it may go without, and how long that is."""
    may = {trace.probe: budget_of(story, trace).longest_gap_s for trace in story.traces}
    probe = max(failing, key=lambda name: failing[name].longest_gap_s / may[name])
    return probe, may[probe]


def _sentence(story: Story, failing: Mapping[str, Measures]) -> list[str]:
    probe, may = worst(story, failing)
    errors = sum(measures.errors for measures in failing.values())
    recovered = [measures.recovered_after_s for measures in failing.values()]
    times = [moment for moment in recovered if moment is not None]
    back = f"recovered after {max(times):.2f} s" if len(times) == len(recovered) else "not recovered"
    return [
        f"{story.victim}: {story.proof.seen}",
        f"longest gap {failing[probe].longest_gap_s:.2f} s ({probe}) of {may:.2f} s",
        f"{errors} errors",
        told(story.writes),
        *beside(story),
        back,
        *story.notes,
    ]
