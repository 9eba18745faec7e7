"""`promote resume`: go on with an interrupted run."""

import click

from pipeline.cli.call import Call, common
from pipeline.cli.run_result import show_run
from pipeline.engine.resume import resume


@click.command("resume")
@click.option("--stage", metavar="NAME", help="Needed when several stages have an interrupted run.")
@common
def verb(call: Call, stage: str | None) -> int:
    """Go on where the interrupted run stopped, with the plan it was begun with."""
    with call.workshop() as shop:
        return show_run(call, resume(shop, stage, wait_s=call.wait_s or 0.0), shop.site)
