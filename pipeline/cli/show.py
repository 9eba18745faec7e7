"""`promote show ATTEMPT`: shows everything about one attempt."""

from collections.abc import Sequence
from pathlib import Path

import click

from pipeline.cli.against import HEADER, changes
from pipeline.cli.call import Call, common
from pipeline.cli.faults import faults_of
from pipeline.cli.render import attempt_data, print_json, print_retries, print_table, span
from pipeline.core import events as ev
from pipeline.core.attempt import Attempt
from pipeline.core.errors import UsageProblem
from pipeline.core.history import History
from pipeline.core.plan import Trouble
from pipeline.core.timeline import Bar, bars, critical_path


@click.command("show")
@click.argument("attempt")
@click.option("--against", metavar="ATTEMPT", help="What faults cost beside what they cost in another.")
@common
def verb(call: Call, attempt: str, against: str | None) -> int:
    """Show steps with durations, the critical path, gates, findings, and where the evidence is.

    With --against, compare what the faults of both attempts cost clients. Worse is: a gap or recovery that is
    longer by a quarter and by half a second, a lost write, a verdict that had been a pass.
    """
    with call.workshop() as shop:
        records, history, site = shop.ledger.read(), shop.history(), shop.site
    found = _attempt(history, attempt)
    if against is not None:
        return _show_against(call, site, _attempt(history, against), found)
    work = bars(found.plan.steps, records, found.id)
    collected = [
        str(site / record.event.directory)
        for record in records
        if isinstance(record.event, ev.DiagnosticsCollected) and record.event.attempt == found.id
    ]
    if call.json:
        _print_json(attempt_data(history, found, site), work, collected)
    else:
        _print(history, found, work)
        _print_evidence(found, site, collected)
    return 0


def _attempt(history: History, name: str) -> Attempt:
    found = history.attempts.get(name)
    if found is None:
        raise UsageProblem(f"no attempt {name!r}", next="promote history")
    return found


def _show_against(call: Call, site: Path, before: Attempt, now: Attempt) -> int:
    sides = [faults_of(attempt, site) for attempt in (before, now)]
    for attempt, faults in zip((before, now), sides, strict=True):
        if not faults:
            raise UsageProblem(
                f"{attempt.id} has no measures: no fault was made in it",
                next=f"promote gate failover --stage {attempt.stage}",
            )
    found = changes(*sides)
    if call.json:
        ids = {"attempt": now.id, "against": before.id}
        print_json({**ids, "faults": [change.data() for change in found]})
        return 0
    click.echo(f"{now.id} against {before.id}")
    print_table(HEADER, [change.row() for change in found])
    worse = sum(bool(change.worse) for change in found)
    click.echo(f"{worse} of {len(found)} got worse" if worse else "nothing got worse")
    return 0


def _print_json(document: dict[str, object], work: Sequence[Bar], collected: list[str]) -> None:
    timeline = [
        {"name": bar.name, "title": bar.title, "seconds": bar.seconds, "starts": bar.starts} for bar in work
    ]
    path = [bar.name for bar in critical_path(work)]
    print_json({"attempt": document, "timeline": timeline, "critical_path": path, "diagnostics": collected})


def _print(history: History, found: Attempt, work: Sequence[Bar]) -> None:
    outcome = found.outcome.value if found.outcome else "open"
    took = span((found.ended_at or found.started_at) - found.started_at)
    release = history.releases[found.release]
    click.echo(f"{found.id}: {found.kind.value} {release} in {found.stage}: {outcome}, {took}")
    for refusal in found.plan.refusals:
        click.echo(f"the plan refused: {refusal}")
    if found.plan_trouble is not None:
        _print_trouble("there is no plan", found.plan_trouble)
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
        print_table(("WORK", "TOOK", "BEGAN", "CRITICAL", "TRIES", "WHAT"), rows)
    if path:
        click.echo("critical path, each waited for the one before:")
        print_table(("STEP", "TOOK", "ENDED"), [_on_path(bar, found.started_at) for bar in path])
    print_retries(found)
    for step, trouble in found.failures.items():
        _print_trouble(f"step {step} failed", trouble)


def _on_path(bar: Bar, start: float) -> tuple[str, str, str]:
    ended = bar.began + (bar.seconds or 0.0)
    return (bar.name, span(bar.seconds or 0.0), f"+{ended - start:.1f}s")


def _print_trouble(what: str, trouble: Trouble) -> None:
    click.echo(f"{what}: {trouble.what}" + (f" ({trouble.why})" if trouble.why else ""))
    if trouble.where:
        click.echo(f"  where: {trouble.where}")
    if trouble.next:
        click.echo(f"  next: {trouble.next}")


def _print_evidence(found: Attempt, site: Path, collected: Sequence[str]) -> None:
    for gate, evidence in found.evidence.items():
        passed = f"{evidence.passed} of {evidence.wanted} checks passed"
        click.echo(f"gate {gate}: {evidence.summary}, {passed}; {site / found.directories.get(gate, '')}")
        for finding in evidence.findings:
            click.echo(f"  {finding.verdict.value}: {finding.name()} on {finding.host}: {finding.seen}")
        for retake in evidence.retakes:
            where = site / found.directories.get(gate, "") / retake.evidence
            click.echo(f"  retake: {retake.component}/{retake.check}: {retake.why}; {where}")
    for directory in collected:
        click.echo(f"diagnostics: {directory}")
