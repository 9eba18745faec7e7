"""Judges a fault's story. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from suites.failover.analysis.measures import Budget, Enough, Measures, Verdict
from suites.failover.analysis.measuring import LATE_S, measure, unseen_s
from suites.failover.doubting import Reason, doubts, of_measures, stalled
from suites.failover.holders import UNWATCHED_S, alone
from suites.failover.story import LAST_S, Story, last_answering
from suites.failover.written import told
from suites.probes.spec import Kind
from suites.probes.trace import Trace, Window

# All probes but `server` make at least two requests a second, and windows are short: the gate has minutes.
ENOUGH = Enough(baseline_s=1.5, baseline_samples=5, samples=10)
# A server is created only every few seconds, so a single request is a large part of them all.
# The time after the undo shows that they stay available.
ENOUGH_SERVERS = Enough(baseline_s=1.5, baseline_samples=2, samples=3, rate=0.5, stayed_s=0.0)


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on a story, its reasons, one line for people, and the measures by probe.

    A result that is not `final` proves nothing because the measurement failed: it is repeated once. A
    judgement never is, whatever it says.
    """

    verdict: Verdict
    why: tuple[str, ...]
    seen: str
    failing: Mapping[str, Measures]
    mending: Mapping[str, Measures]
    final: bool = True


def judge(story: Story) -> Judged:
    """Judge a story: data loss first, then the final state, then the fault, then the time after its undo.

    In both times, doubts come before exceeded budgets. A fault that exceeded its budget is a failure even if
    the measures after its undo are in doubt.

    Lost data stays lost, whatever the machine did. Everything else depends on time, and a stall of this
    machine only makes it slower: a pass stays a pass, but a failure cannot be blamed on the stage.
    """
    notice = {kind.value for kind in story.fault_case.notice}
    traces = [trace for trace in story.traces if trace.kind in notice]
    failing = {
        trace.probe: measure(trace, judged_in(story), allowed(story, trace), enough(trace))
        for trace in traces
    }
    # The undo may cost a few requests too, but never more than the fault itself. Where nobody served until
    # then, that is what is judged already.
    mending = {
        trace.probe: measure(trace, story.mending, budget_of(story, trace), enough(trace))
        for trace in traces
        if not story.fault_case.total
    }
    late = stalled(story)
    too_late = Verdict.INCONCLUSIVE if late else Verdict.FAILED
    verdict, reasons = _first(
        (Verdict.FAILED, _sure(_lost(story))),
        (too_late, _timed(_wrong(story), late)),
        (Verdict.INCONCLUSIVE, doubts(story, failing)),
        (too_late, _timed(_exceeded(failing), late)),
        (Verdict.INCONCLUSIVE, of_measures(mending, "mending: ")),
        (too_late, _timed((f"mending: {text}" for text in _exceeded(mending)), late)),
    )
    why = tuple(reason.why for reason in reasons)
    seen = "; ".join([*why, *_sentence(story, failing)])
    return Judged(verdict, why, seen, failing, mending, all(reason.measured for reason in reasons))


def judged_in(story: Story) -> Window:
    """Return the time in which the fault is judged: until its undo, or if nobody could serve, to the end."""
    if not story.fault_case.total:
        return story.failing
    return Window(story.failing.begin, story.failing.fault, story.mending.end, story.failing.end)


def allowed(story: Story, trace: Trace) -> Budget:
    """Return the budget of a probe's clients during the fault."""
    # The last request before another server takes over may be sent late and take its whole timeout. The
    # success that then proves recovery may come up to three request intervals later without being a stall.
    late = LATE_S + unseen_s(trace.rate)
    some_fail = story.timing.unsteady_s
    return replace(
        budget_of(story, trace),
        recovered_s=_without_service_s(story, trace) + some_fail + story.making_s + late,
    )


def budget_of(story: Story, trace: Trace) -> Budget:
    """Return the budget of a probe's clients at any time.

    Two allowances are added to the fault's budget: the time between two requests, since a client sees a
    recovery only at its next request, and the probe's timeout beyond the one that the budget assumes.
    """
    longest = _without_service_s(story, trace) + 1 / trace.rate
    return Budget(longest_gap_s=longest, errors=story.fault_case.errors)


def _without_service_s(story: Story, trace: Trace) -> float:
    nobody_serves = story.failing.end - story.failing.fault if story.fault_case.total else 0.0
    return nobody_serves + story.timing.budget_s + trace.timeout_s - story.timing.timeout_s


def enough(trace: Trace) -> Enough:
    """Return how much must have been seen of a probe."""
    return ENOUGH_SERVERS if trace.kind == Kind.SERVER.value else ENOUGH


def _first(*found: tuple[Verdict, Sequence[Reason]]) -> tuple[Verdict, Sequence[Reason]]:
    """Return the first finding that has reasons, or a pass if none has."""
    return next(((verdict, reasons) for verdict, reasons in found if reasons), (Verdict.PASSED, ()))


def _sure(sentences: Iterable[str]) -> list[Reason]:
    return [Reason(sentence, measured=True) for sentence in sentences]


def _timed(sentences: Iterable[str], late: Sequence[Reason]) -> list[Reason]:
    """Return what took too long, after the stall that may be the cause."""
    found = _sure(sentences)
    return [*late, *found] if found else []


def _lost(story: Story) -> list[str]:
    found = [] if story.writes.clean else [told(story.writes)]
    if story.keys is not None and story.keys.lost:
        found.append(f"set long before the fault or by the new master, and gone: {story.keys.told}")
    return found


def _wrong(story: Story) -> list[str]:
    found = list(story.left)
    # A quick recovery can end the story before the budget is over: then only the last second is judged.
    end = story.mending.end
    parted_until = story.failing.end if story.fault_case.parts_vip else story.failing.fault + story.making_s
    since = min(parted_until + story.timing.budget_s, end - LAST_S)
    if story.unwatched_s <= UNWATCHED_S and not alone(story.holdings, since, end):
        held = ", ".join(
            f"{h.holder or 'nobody'} from {h.at - story.failing.fault:.1f} s" for h in story.holdings
        )
        what = "undo" if story.fault_case.parts_vip else "fault"
        found.append(
            f"not exactly one holder of the VIP {story.timing.budget_s:g} s after the {what}: {held}"
        )
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
    """Return a sentence each about the messages and the keys, where there were any."""
    return tuple(one.told for one in (story.messages, story.keys) if one is not None)


def worst(story: Story, failing: Mapping[str, Measures]) -> tuple[str, float]:
    """Return the probe whose longest gap came nearest to its budget, and that budget in seconds."""
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
