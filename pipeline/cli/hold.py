"""`promote hold`: stops promotions."""

import click

from pipeline.cli.call import Call, common, duration
from pipeline.cli.render import hold_data, moment
from pipeline.cli.result import print_result
from pipeline.engine.holds import hold

_EPILOG = """\b
Examples:
  promote hold --reason "the data centre moves"             every stage, until `promote unhold`
  promote hold --stage prod --for 8h --reason "night shift"
"""


@click.command("hold", epilog=_EPILOG)
@click.option("--stage", metavar="NAME", help="Only this stage; without it, all stages.")
@click.option("--reason", metavar="TEXT", required=True, help="Shown to everybody who is stopped by it.")
@click.option("--for", "lasts", type=duration, metavar="TIME", help="End it by itself after this time.")
@common
def verb(call: Call, stage: str | None, reason: str, lasts: float | None) -> int:
    """Stop all promotions into a stage, or into every stage. Several holds may apply at once.

    A hold does not stop a rollback, nor a promotion that has begun.
    """
    with call.office() as office:
        until = None if lasts is None else office.clock.now() + lasts
        placed = hold(office, stage, reason, until)
    ends = "" if placed.until is None else f", until {moment(placed.until)}"
    text = f"{placed.id}: {stage or 'all stages'} held{ends}: {reason}"
    return print_result(call, {"hold": hold_data(placed)}, [text])
