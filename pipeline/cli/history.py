"""`promote history`: lists all attempts."""

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import attempt_data, moment, outcome_of, table
from pipeline.cli.result import print_result


@click.command("history")
@click.option("--stage", metavar="NAME", help="Only this stage.")
@common
def verb(call: Call, stage: str | None) -> int:
    """List every attempt, oldest first, with its outcome."""
    with call.workshop() as shop:
        history, site = shop.history(), shop.site
    found = [item for item in history.attempts.values() if stage in (None, item.stage)]
    rows = [
        (
            attempt.id,
            moment(attempt.started_at) or "",
            attempt.stage,
            attempt.kind.value,
            history.releases[attempt.release].alias,
            outcome_of(attempt),
            ", ".join(f"{gate} {evidence.verdict.value}" for gate, evidence in attempt.evidence.items())
            or "-",
        )
        for attempt in found
    ]
    document = {"attempts": [attempt_data(history, attempt, site) for attempt in found]}
    header = ("ATTEMPT", "STARTED", "STAGE", "KIND", "RELEASE", "OUTCOME", "GATES")
    return print_result(call, document, table(header, rows))
