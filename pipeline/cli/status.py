"""`promote status`: shows what is deployed where, and what is under way."""

import click

from pipeline.cli.call import Call, common
from pipeline.cli.followed import followed, with_checks
from pipeline.cli.outbox import outbox_data, outbox_lines
from pipeline.cli.overridden import carried_into, override_lines
from pipeline.cli.render import head_data, head_lines, hold_data, override_data
from pipeline.cli.result import print_result
from pipeline.cli.stage_rows import holds_shown, stage_lines, stage_rows
from pipeline.core.errors import UsageProblem


@click.command("status")
@click.argument("stage", required=False)
@click.option("--watch", "watching", is_flag=True, help="Go on until Ctrl-C.")
@common
def verb(call: Call, stage: str | None, watching: bool) -> int:  # noqa: FBT001 - click's flag
    """Show, for each stage, the last verified and the deployed release, holds, freezes, locks, and what runs.

    SOAKED is for how long the deployed release has stood there verified. A run that nobody drives any more is
    interrupted. Below are the overrides that stand, those that carried what is in a stage, and what GitLab
    has not been told yet. With --watch a terminal is drawn again each second; elsewhere each change is a
    line. The ledger's head is for `promote ledger verify --head`.
    """
    if watching and call.json:
        raise click.UsageError("--watch never ends, so it prints no document")
    with call.office() as office:
        seen = followed(office)
        known = seen.history.stage_names()
        if stage is not None and stage not in known:
            why = f"known: {', '.join(known) or 'none yet'}"
            raise UsageProblem(f"no stage {stage!r}", why=why, next="promote status")
        if watching:
            from pipeline.cli.watch import watch  # noqa: PLC0415 - only for this

            return watch(office, seen, stage)
        rows = stage_rows(office, with_checks(seen, office.site), stage)
        head = office.ledger.head()
        holds = holds_shown(seen.history, stage, office.clock.now())
        overrides = seen.history.overrides_at(office.clock.now())
    document = {
        "stages": rows,
        "holds": [hold_data(hold) for hold in holds],
        "overrides": [override_data(override) for override in overrides],
        "outbox": outbox_data(seen.history),
        "ledger": head_data(head),
    }
    shown = known if stage is None else (stage,)
    carried = tuple(override for name in shown for override in carried_into(seen.history, name))
    lines = [*stage_lines(rows, holds), *override_lines(seen.history, carried, overrides)]
    return print_result(call, document, [*lines, *outbox_lines(seen.history), *head_lines(head)])
