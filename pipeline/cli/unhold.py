"""`promote unhold`: allows promotions again."""

import click

from pipeline.cli.call import Call, common
from pipeline.cli.hold import who
from pipeline.cli.result import print_result
from pipeline.engine.holds import unhold


@click.command("unhold")
@click.option("--stage", metavar="NAME", help="The stage that was held; without it, the hold on all.")
@common
def verb(call: Call, stage: str | None) -> int:
    """Lift a hold, so that promotions are allowed again."""
    with call.workshop() as shop:
        unhold(shop, stage, who())
    return print_result(call, {"lifted": stage}, [f"the hold on {stage or 'all stages'} is lifted"])
