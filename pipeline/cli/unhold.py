"""`promote unhold`: lifts a hold."""

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import hold_data
from pipeline.cli.result import print_result
from pipeline.engine.holds import unhold


@click.command("unhold")
@click.argument("hold", required=False)
@click.option("--stage", metavar="NAME", help="The stage that was held; without it, the hold on all.")
@common
def verb(call: Call, hold: str | None, stage: str | None) -> int:
    """Lift one hold: HOLD, such as h3, or the only one on a stage or on all. `promote status` lists them."""
    if hold and stage:
        raise click.UsageError("name the hold or the stage, not both")
    with call.office() as office:
        lifted = unhold(office, hold, stage)
    text = f"{lifted.id} is lifted from {lifted.stage or 'all stages'}: {lifted.reason}"
    return print_result(call, {"lifted": hold_data(lifted)}, [text])
