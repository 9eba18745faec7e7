"""One gate of an attempt: what of it is reused, or judged by shards, the run of the rest, and the verdict."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.core import events as ev
from pipeline.core.actions import RunGate
from pipeline.core.attempt import Attempt
from pipeline.core.errors import NotEligible, StagegateError
from pipeline.core.history import History
from pipeline.core.joining import Joined, join
from pipeline.core.judgement import completed, judge, reused_counts, unjudged
from pipeline.core.line import missing_checks
from pipeline.core.plan import Roster
from pipeline.core.reuse import Reuse, reusable, terms_of, watching
from pipeline.core.shard_reports import reports
from pipeline.core.verdict import Evidence, Verdict
from pipeline.engine.task import Task
from pipeline.ports import Context
from pipeline.workshop import Workshop


def judged(task: Task, action: RunGate) -> ev.GateJudged:
    """Run the gate, but for what is reused, and judge it. An error makes it inconclusive."""
    shop, context, attempt = task.shop, task.context, task.attempt
    gate, number = action.gate, action.number
    into = shop.site / attempt.directories[action.full_name]
    roster: Roster | None = None
    reuse, report = Reuse(), ""
    reused: Mapping[str, str] = {}
    told = reports(attempt.shards, action.full_name)
    try:
        roster, reuse = seen(task, gate)
        joined = join(roster, reuse.inputs, told)
        reuse = reuse.without({entry.name for entry in joined.entries})
        if reuse.taken:
            shop.gates.take(gate, roster, reuse.taken, into)
            shop.notifier.progress(_told(gate, roster, reuse.taken))
        evidence, report = _judged(shop, context, gate, (roster, reuse, joined), into)
        evidence, reused = completed(evidence, roster, reuse.taken), reuse.taken
    except (StagegateError, OSError) as error:
        evidence = unjudged(gate, "; ".join(_lines(error)))
    judgement = ev.GateJudged(attempt.id, gate, number, evidence, roster, report, reuse.inputs, reused)
    return replace(judgement, leg=action.leg)


def seen(task: Task, gate: str) -> tuple[Roster, Reuse]:
    """What the gate must see in the attempt, and what of it is reused.

    Raises NotEligible if that is less than the line asks, and what `Deployer.roster` raises.
    """
    shop, context, attempt, history = task.shop, task.context, task.attempt, task.history
    roster = attempt.choice.of(task.rosters.of(context, gate))
    if lacking := missing_checks(_asked(attempt, gate), roster):
        raise NotEligible("the gate sees less than this site's line asks", why=", ".join(lacking))
    roster = resting(shop, context, gate, roster, may_reuse=_may_reuse(history, attempt, gate))
    return roster, reusable(roster, terms_of(history, attempt, gate, shop.clock.now()))


def _judged(
    shop: Workshop, context: Context, gate: str, known: tuple[Roster, Reuse, Joined], into: Path
) -> tuple[Evidence, str]:
    """The evidence on all that is not reused: of shards, and of a run of the rest, with that run's report."""
    roster, reuse, joined = known
    for reason in joined.why_not:
        shop.notifier.progress(f"gate {gate}: its checks are run again: {reason}")
    if joined.decided:
        return joined.whole(roster, None), ""
    evidence, report = run(shop, context, gate, joined.rest(reuse.rest(roster)), into)
    return (joined.whole(roster, evidence) if joined.entries else evidence), report


def _asked(attempt: Attempt, gate: str) -> Sequence[str]:
    """The checks that the line asks of this gate: of those that verify the release, in the last leg."""
    return (attempt.least or {}).get(gate, ()) if attempt.next_leg is None else ()


def resting(shop: Workshop, context: Context, gate: str, roster: Roster, *, may_reuse: bool) -> Roster:
    """The roster with all that its checks rest on; with nothing of it if that is not wanted or not known."""
    if not may_reuse or not roster.inputs:
        return replace(roster, inputs={})
    try:
        return watching(roster, shop.gates.watches(context, gate))
    except (StagegateError, OSError) as error:
        shop.notifier.progress(f"gate {gate}: nothing is reused: {'; '.join(_lines(error))}")
        return replace(roster, inputs={})


def _may_reuse(history: History, attempt: Attempt, gate: str) -> bool:
    """Whether the line lets evidence of this gate be reused, be it not by this attempt."""
    rules = attempt.rules or (history.line.stage(attempt.stage) if history.line else None)
    return rules is not None and rules.reuse_s(gate) > 0


def run(shop: Workshop, context: Context, gate: str, roster: Roster, into: Path) -> tuple[Evidence, str]:
    """The evidence on what is in the roster, and the digest of the suite's report; empty without one."""
    target = shop.deployer.target(context)
    if roster.partial and not roster.entries:
        return Evidence(Verdict.PASS, (), 0, 0), ""
    run = shop.gates.run(context, gate, target, roster, into)
    report = hashlib.sha256(run.report.encode()).hexdigest() if run.report is not None else ""
    return judge(gate, roster, run), report


def _told(gate: str, roster: Roster, taken: Mapping[str, str]) -> str:
    counts = reused_counts(roster, taken)
    wanted, attempts = len(set(roster.entries)), " and ".join(counts)
    return f"gate {gate}: {sum(counts.values())} of {wanted} checks are not run: {attempts} passed them"


def _lines(error: StagegateError | OSError) -> tuple[str, ...]:
    if isinstance(error, StagegateError):
        return error.lines()
    return (f"operating system error: {error}",)
