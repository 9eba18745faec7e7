"""`promote history`: lists attempts."""

from itertools import islice

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import attempt_data, gates_of, moment, outcome_of, table, took
from pipeline.cli.result import print_result
from pipeline.core.attempt import Attempt
from pipeline.core.history import History
from pipeline.core.kinds import Outcome
from pipeline.core.release import find_release


@click.command("history")
@click.option("--stage", metavar="NAME", help="Only this stage.")
@click.option("--release", metavar="R", help="Only this release.")
@click.option(
    "--outcome", type=click.Choice([outcome.value for outcome in Outcome]), help="Only with this outcome."
)
@click.option("--limit", type=click.IntRange(min=1), help="Only so many, the latest.")
@common
def verb(call: Call, stage: str | None, release: str | None, outcome: str | None, limit: int | None) -> int:
    """List attempts, oldest first, with their outcomes, how long they took and who began them."""
    with call.office() as office:
        history, site = office.history(), office.site
    wanted = find_release(history.releases.values(), release).id if release else None
    # The latest first, so that no more attempts are loaded than are shown.
    latest = (history.attempts[name] for name in reversed(tuple(history.attempts)))
    matching = (
        item
        for item in latest
        if stage in (None, item.stage)
        and wanted in (None, item.release)
        and outcome in (None, item.outcome.value if item.outcome else None)
    )
    found = tuple(islice(matching, limit))[::-1]
    rows = [_row(history, attempt) for attempt in found]
    document = {"attempts": [attempt_data(history, attempt, site) for attempt in found]}
    header = ("ATTEMPT", "STARTED", "TOOK", "STAGE", "KIND", "RELEASE", "OUTCOME", "GATES", "BY")
    return print_result(call, document, table(header, rows))


def _row(history: History, attempt: Attempt) -> tuple[str, ...]:
    return (
        attempt.id,
        moment(attempt.started_at) or "",
        took(attempt),
        attempt.stage,
        attempt.kind.value,
        history.releases[attempt.release].alias,
        outcome_of(attempt),
        gates_of(attempt),
        str(attempt.by),
    )
