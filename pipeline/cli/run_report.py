"""Draws the picture of a run into report.html beside its evidence, when a command is done with it."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.cli.checks_reported import Reported, reported
from pipeline.cli.found import Found
from pipeline.cli.render import beside
from pipeline.cli.report_path import report_path
from pipeline.core.attempt import Attempt
from pipeline.core.causes import Cause
from pipeline.core.errors import UsageProblem
from pipeline.core.history import History
from pipeline.core.verdict import Verdict
from pipeline.picture.clients import read_client
from pipeline.picture.judged import Asked, CauseTold, GateTold
from pipeline.picture.subject import AttemptTold, Client, run_picture
from pipeline.tool_ports import Traffic
from pipeline.workshop import Workshop

# What clients of gates leave; and those of somebody else, who may put what they saw beside the run.
_TRACES = ("**/traces/*/*.jsonl", "clients/*.jsonl")


def write_report(shop: Workshop, name: str) -> None:
    """Draw the run that this attempt belongs to; there is no picture of one without legs and gates.

    Raises UsageProblem for evidence that is damaged, OSError, and what the ledger raises.
    """
    history = shop.history()
    run = history.attempts[name].run
    attempts = [attempt for attempt in history.attempts.values() if attempt.run == run]
    if shop.traffic is None or not any(attempt.plan.legs or attempt.evidence for attempt in attempts):
        return
    from pipeline.picture.page import render  # noqa: PLC0415 - jinja is slow, and for this alone

    told = [_told(shop, shop.traffic, history, attempt) for attempt in attempts]
    page = render(run_picture(told, shop.clock.now()))
    path = report_path(shop.site, attempts[0])
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(page, encoding="utf-8")
    draft.replace(path)


def _told(shop: Workshop, traffic: Traffic, history: History, attempt: Attempt) -> AttemptTold:
    before = attempt.first_event - 1
    most = attempt.last_event - before if attempt.last_event else None
    kept = traffic.kept(attempt.id)
    return AttemptTold(
        attempt,
        str(history.releases[attempt.release]),
        shop.ledger.read(after=before, most=most),
        kept.points,
        tuple(_clients(shop.site / "runs" / attempt.id)),
        kept.torn,
        tuple(_judged(attempt, gate, shop.site) for gate in attempt.evidence),
    )


def _judged(attempt: Attempt, gate: str, site: Path) -> GateTold:
    found = Found(attempt.id, attempt.stage, gate, attempt.evidence[gate])
    evidence = found.evidence
    asked = [
        Asked(one.component, one.host, one.check, one.outcome, one.seen) for one in _ran(found, site, attempt)
    ]
    return GateTold(
        f"{attempt.id} {gate}",
        f"{evidence.summary}{beside(attempt, gate)}, {evidence.passed} of {evidence.wanted} checks passed",
        evidence.verdict is Verdict.PASS,
        tuple(_cause(found, cause, site) for cause in found.causes),
        tuple(asked),
    )


def _ran(found: Found, site: Path, attempt: Attempt) -> Iterator[Reported]:
    """What the suites reported, and what they were to run and did not."""
    ran = reported(attempt, found.gate, site)
    yield from ran
    names = {(one.component, one.host, one.check) for one in ran}
    for one in found.evidence.findings:
        if one.component and (one.component, one.host, one.check) not in names:
            yield Reported(one.component, one.host, one.check, "not run", one.seen)


def _cause(found: Found, cause: Cause, site: Path) -> CauseTold:
    one = cause.finding
    rest = tuple(f"{other.name()} on {other.host}: {other.seen}" for other in cause.consequences)
    return CauseTold(f"{one.name()} on {one.host}", one.seen, found.look(cause, site), rest)


def _clients(folder: Path) -> list[Client]:
    found = []
    for path in sorted({path for pattern in _TRACES for path in folder.glob(pattern)}):
        gate = path.relative_to(folder).parent.as_posix().replace("/traces/", " ")
        try:
            client = read_client(f"{gate}: {path.stem}", path.read_text(encoding="utf-8"))
        except (KeyError, TypeError, ValueError) as problem:
            what = "a client's trace can't be read"
            raise UsageProblem(what, where=str(path), why=repr(problem)) from None
        if client is not None:
            found.append(client)
    return found
