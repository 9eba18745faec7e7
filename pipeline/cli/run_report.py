"""Draws the picture of a run into report.html beside its evidence, when a command is done with it."""

from pathlib import Path

from pipeline.cli.report_path import report_path
from pipeline.core.attempt import Attempt
from pipeline.core.errors import UsageProblem
from pipeline.core.history import History
from pipeline.picture.clients import read_client
from pipeline.picture.subject import AttemptTold, Client, run_picture
from pipeline.tool_ports import Traffic
from pipeline.workshop import Workshop

# What clients of gates leave; and those of somebody else, who may put what they saw beside the run.
_TRACES = ("**/traces/*/*.jsonl", "clients/*.jsonl")


def write_report(shop: Workshop, name: str) -> None:
    """Draw the run that this attempt belongs to. Without legs, and without traffic, there is no picture.

    Raises UsageProblem for evidence that is damaged, OSError, and what the ledger raises.
    """
    history = shop.history()
    run = history.attempts[name].run
    attempts = [attempt for attempt in history.attempts.values() if attempt.run == run]
    if shop.traffic is None or not any(attempt.plan.legs for attempt in attempts):
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
    )


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
