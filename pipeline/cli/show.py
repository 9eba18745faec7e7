"""`promote show [ATTEMPT]`: shows everything about one attempt."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import click

from pipeline.cli.attempt_shown import AttemptShown, attempt_shown
from pipeline.cli.call import Call, common
from pipeline.cli.causes_shown import cause_lines
from pipeline.cli.found import Found
from pipeline.cli.judgements import complaints
from pipeline.cli.leg_results import results_lines
from pipeline.cli.logs import logs_of
from pipeline.cli.measures_kept import verified_before
from pipeline.cli.render import beside, not_rolled_back, outcome_of, retries, span, table, took
from pipeline.cli.report_path import report_path
from pipeline.cli.result import print_result
from pipeline.cli.rollout_log import rollout_log
from pipeline.cli.shards_shown import shard_lines
from pipeline.cli.show_against import show_against
from pipeline.cli.whereabouts import whereabouts
from pipeline.core.attempt import Attempt
from pipeline.core.errors import UsageProblem
from pipeline.core.history import History
from pipeline.core.plan import Trouble
from pipeline.core.timeline import Bar, critical_path

_EVERY = "*"  # the value of --logs without a gate, and of --against without an attempt


@click.command("show")
@click.argument("attempt", required=False)
@click.option(
    "--against",
    metavar="[ATTEMPT]",
    is_flag=False,
    flag_value=_EVERY,
    help="What was measured beside another attempt's, or beside that of the last release verified before.",
)
@click.option(
    "--logs",
    metavar="[GATE]",
    is_flag=False,
    flag_value=_EVERY,
    help="What its failed rollout and its gates wrote (of one gate: --logs GATE), what did not pass first.",
)
@click.option("--findings", is_flag=True, help="All findings of gates, likely consequences, too.")
@common
def verb(call: Call, attempt: str | None, against: str | None, logs: str | None, *, findings: bool) -> int:
    """Show steps with durations, the critical path, gates, findings, and where the evidence is.

    Without ATTEMPT, show the latest. Evidence that `promote prune` removed is shown as gone, or where it is.

    With --against, compare what the faults of both attempts cost clients. Worse is: a gap or recovery that is
    longer by a quarter and by half a second, a lost write, a verdict that had been a pass. What both releases
    have measured in their stages is compared by a rank test, which says how sure a difference is.
    """
    if against is not None and logs is not None:
        raise click.UsageError("--against and --logs are two questions: ask one")
    with call.office() as office:
        history, site = office.history(), office.site
        if attempt is None and logs in history.attempts:  # `show --logs p7`: no gate has such a name
            attempt, logs = logs, _EVERY
        found = _attempt(history, attempt)
        shown = attempt_shown(office, history, found) if against is None and logs is None else None
    if shown is not None:
        return _show(call, history, found, shown, _evidence(history, found, site, unfolded=findings))
    if against is not None:
        before = verified_before(history, found) if against == _EVERY else _attempt(history, against)
        return show_against(call, history, site, before, found)
    return _show_logs(call, found, site, logs or "")


def _show(call: Call, history: History, found: Attempt, shown: AttemptShown, evidence: Iterator[str]) -> int:
    rollout = (*_rollout(history, found, shown.work), *results_lines(shown.legs))
    lines = (*rollout, *evidence, *complaints(shown.verdicts))
    collected = (f"diagnostics: {directory}" for directory in shown.collected)
    return print_result(call, shown.document, (*lines, *collected))


def _attempt(history: History, name: str | None) -> Attempt:
    if name is None and history.attempts:
        return history.attempts[tuple(history.attempts)[-1]]
    found = history.attempts.get(name or "")
    if found is None:
        raise UsageProblem(f"no attempt {name!r}" if name else "no attempt yet", next="promote history")
    return found


def _show_logs(call: Call, found: Attempt, site: Path, gate: str) -> int:
    rollout = rollout_log(found, site) if gate == _EVERY else None
    logs = () if rollout and not found.directories else logs_of(found, site, None if gate == _EVERY else gate)
    document = {
        "attempt": found.id,
        "rollout": rollout.data() if rollout else None,
        "logs": [log.data() for log in logs],
    }
    lines = chain(rollout.lines() if rollout else (), *(log.lines() for log in logs))
    return print_result(call, document, lines)


def _rollout(history: History, found: Attempt, work: Sequence[Bar]) -> Iterator[str]:
    host = f"{found.redeploy} of " if found.redeploy else ""
    begun = f"{found.id}: {found.kind.value} {host}{history.releases[found.release]} in {found.stage}"
    yield f"{begun}: {outcome_of(found)}, {took(found)}"
    yield from (f"the plan refused: {refusal}" for refusal in found.plan.refusals)
    if found.plan_trouble is not None:
        yield from _trouble("there is no plan", found.plan_trouble)
    path = critical_path(work)
    waited = {bar.name for bar in path}
    rows = [
        (
            bar.name,
            "?" if bar.seconds is None else span(bar.seconds),
            f"+{bar.began - found.started_at:.1f}s",
            "*" if bar.name in waited else "",
            str(bar.starts),
            bar.title,
        )
        for bar in work
    ]
    if rows:
        yield from table(("WORK", "TOOK", "BEGAN", "CRITICAL", "TRIES", "WHAT"), rows)
    if path:
        yield "critical path, each waited for the one before:"
        yield from table(("STEP", "TOOK", "ENDED"), [_on_path(bar, found.started_at) for bar in path])
    yield from _measured(work)
    yield from retries(found)
    yield from not_rolled_back(found)
    for step, trouble in found.failures.items():
        yield from _trouble(f"step {step} failed", trouble)


def _measured(work: Iterable[Bar]) -> Iterator[str]:
    """What steps told and measured; nothing of what was 0."""
    for bar in work:
        yield from (f"{bar.name}: {sentence}" for sentence in bar.told)
        if numbers := [f"{name} {number:g}" for name, number in bar.measured.items() if number]:
            yield f"{bar.name} measured: {', '.join(numbers)}"


def _on_path(bar: Bar, start: float) -> tuple[str, str, str]:
    ended = bar.began + (bar.seconds or 0.0)
    return (bar.name, span(bar.seconds or 0.0), f"+{ended - start:.1f}s")


def _trouble(what: str, trouble: Trouble) -> Iterator[str]:
    yield f"{what}: {trouble.what}" + (f" ({trouble.why})" if trouble.why else "")
    if trouble.where:
        yield f"  where: {trouble.where}"
    if trouble.next:
        yield f"  next: {trouble.next}"


def _where(history: History, found: Attempt, gate: str, site: Path) -> str:
    """Where the evidence is; nothing if all of it is with the gate's shards."""
    folder = found.directories.get(gate, "")
    if gate in found.shards and folder not in history.archives and not (site / folder).is_dir():
        return ""
    return f"; {whereabouts(history, found, folder, site)}"


def _evidence(history: History, found: Attempt, site: Path, *, unfolded: bool) -> Iterator[str]:
    if (report := report_path(site, found)).exists():
        yield f"picture of the run: {report}"
    for gate, evidence in found.evidence.items():
        directory = site / found.directories.get(gate, "")
        passed = f"{evidence.passed} of {evidence.wanted} checks passed"
        left = _where(history, found, gate, site)
        yield f"gate {gate}: {evidence.summary}{beside(found, gate)}, {passed}{left}"
        yield from cause_lines(Found(found.id, found.stage, gate, evidence), site, unfolded=unfolded)
        for retake in evidence.retakes:
            where = directory / retake.evidence
            yield f"  retake: {retake.component}/{retake.check}: {retake.why}; {where}"
    yield from shard_lines(history, found, site)
