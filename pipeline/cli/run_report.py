"""Draws the picture of a run into report.html beside its evidence, when a command is done with it."""

from collections.abc import Callable, Iterable, Iterator
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
# A check of which only the finding is left, as a report calls its outcome.
_OUTCOMES = {Verdict.FAIL: "failed", Verdict.INCONCLUSIVE: "inconclusive", Verdict.PASS: "passed"}

Damaged = Callable[[UsageProblem], None]


def write_report(shop: Workshop, name: str) -> None:
    """Draw the run that this attempt belongs to; there is no picture of one without legs and gates.

    What is damaged of its evidence is left out, which progress says. Raises OSError, and what the ledger
    raises.
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
    def damaged(problem: UsageProblem) -> None:
        shop.notifier.progress("; ".join([*problem.lines(), "the picture of the run is without it"]))

    before = attempt.first_event - 1
    most = attempt.last_event - before if attempt.last_event else None
    kept = traffic.kept(attempt.id)
    return AttemptTold(
        attempt,
        str(history.releases[attempt.release]),
        shop.ledger.read(after=before, most=most),
        kept.points,
        tuple(_clients(shop.site / "runs" / attempt.id, damaged)),
        kept.torn,
        tuple(_judged(attempt, gate, shop.site, damaged) for gate in attempt.evidence),
    )


def _judged(attempt: Attempt, gate: str, site: Path, damaged: Damaged) -> GateTold:
    found = Found(attempt.id, attempt.stage, gate, attempt.evidence[gate])
    evidence = found.evidence
    ran = reported(attempt, gate, site, damaged)
    asked = [Asked(one.component, one.host, one.check, one.outcome, one.seen) for one in _all(found, ran)]
    return GateTold(
        f"{attempt.id} {gate}",
        f"{evidence.summary}{beside(attempt, gate)}, {evidence.passed} of {evidence.wanted} checks passed",
        evidence.verdict is Verdict.PASS,
        tuple(_cause(found, cause, site) for cause in found.causes),
        tuple(asked),
    )


def _all(found: Found, ran: Iterable[Reported]) -> Iterator[Reported]:
    """What the suites reported, and what else was found: what they did not run, or did by a lost report."""
    yield from ran
    names = {(one.component, one.host, one.check) for one in ran}
    for one in found.evidence.findings:
        if one.component and (one.component, one.host, one.check) not in names:
            outcome = _OUTCOMES[one.verdict] if one.test else "not run"
            yield Reported(one.component, one.host, one.check, outcome, one.seen)


def _cause(found: Found, cause: Cause, site: Path) -> CauseTold:
    one = cause.finding
    rest = tuple(f"{other.name()} on {other.host}: {other.seen}" for other in cause.consequences)
    return CauseTold(f"{one.name()} on {one.host}", one.seen, found.look(cause, site), rest)


def _clients(folder: Path, damaged: Damaged) -> list[Client]:
    found = []
    for path in sorted({path for pattern in _TRACES for path in folder.glob(pattern)}):
        gate = path.relative_to(folder).parent.as_posix().replace("/traces/", " ")
        try:
            client = read_client(f"{gate}: {path.stem}", path.read_text(encoding="utf-8"))
        except (KeyError, TypeError, ValueError) as problem:
            damaged(UsageProblem("a client's trace can't be read", where=str(path), why=repr(problem)))
            continue
        if client is not None:
            found.append(client)
    return found
