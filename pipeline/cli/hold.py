"""`promote hold`: stops promotions; and who gave the command, for the ledger."""

import getpass
import socket

import click

from pipeline.cli.call import Call, common
from pipeline.cli.result import print_result
from pipeline.engine.holds import hold


@click.command("hold")
@click.option("--stage", metavar="NAME", help="Only this stage; without it, all stages.")
@click.option("--reason", metavar="TEXT", required=True, help="Shown to everybody who is stopped by it.")
@common
def verb(call: Call, stage: str | None, reason: str) -> int:
    """Stop all promotions into a stage, or into every stage, until `promote unhold`."""
    with call.workshop() as shop:
        hold(shop, stage, reason, who())
    text = f"held: {stage or 'all stages'}: {reason}"
    return print_result(call, {"held": stage, "reason": reason}, [text])


def who() -> str:
    """The `user@host` of this process."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a uid without a name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"
