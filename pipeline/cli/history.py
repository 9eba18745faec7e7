"""`promote history`: lists all attempts."""

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import attempt_data, moment, print_json, print_table


@click.command("history")
@click.option("--stage", metavar="NAME", help="Only this stage.")
@common
def verb(call: Call, stage: str | None) -> int:
    """List every attempt, oldest first, with its outcome."""
    with call.workshop() as shop:
        history = shop.history()
        site = shop.site
    found = [item for item in history.attempts.values() if stage in (None, item.stage)]
    if call.json:
        print_json({"attempts": [attempt_data(history, attempt, site) for attempt in found]})
        return 0
    rows = [
        (
            attempt.id,
            moment(attempt.started_at) or "",
            attempt.stage,
            attempt.kind.value,
            history.releases[attempt.release].alias,
            attempt.outcome.value if attempt.outcome else "open",
            ", ".join(f"{gate} {evidence.verdict.value}" for gate, evidence in attempt.evidence.items())
            or "-",
        )
        for attempt in found
    ]
    print_table(("ATTEMPT", "STARTED", "STAGE", "KIND", "RELEASE", "OUTCOME", "GATES"), rows)
    return 0
