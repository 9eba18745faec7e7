"""`promote abort`: abandon an interrupted run."""

import click

from pipeline.cli.call import Call, common, with_lock_timeout
from pipeline.cli.run_result import show_run
from pipeline.engine.resume import abort


@click.command("abort")
@click.option("--stage", metavar="NAME", help="Needed when several stages have an interrupted run.")
@click.option("--keep", is_flag=True, help="Leave the stage as it is; in the lab only.")
@with_lock_timeout
@common
def verb(call: Call, stage: str | None, keep: bool) -> int:  # noqa: FBT001 - click's flag
    """Abandon the interrupted attempt and roll the stage back to its last verified release."""
    with call.workshop() as shop:
        return show_run(call, abort(shop, stage, keep=keep, wait_s=call.wait_s), shop)
