"""`promote resume`: continues an interrupted run."""

import click

from pipeline.cli.call import Call, common, with_lock_timeout
from pipeline.cli.run_result import show_run
from pipeline.engine.resume import resume


@click.command("resume")
@click.option("--stage", metavar="NAME", help="Needed when several stages have an interrupted run.")
@with_lock_timeout
@common
def verb(call: Call, stage: str | None) -> int:
    """Continue the interrupted run where it stopped, with its stored plan."""
    with call.workshop() as shop:
        return show_run(call, resume(shop, stage, wait_s=call.wait_s), shop)
