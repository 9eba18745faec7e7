"""`promote redeploy`: replaces one host of a stage by a new one; shows the plan first, and asks."""

import shlex

import click

from pipeline.cli.call import Call, common, with_lock_timeout
from pipeline.cli.run_result import show_run
from pipeline.cli.shown import agreed, only_shown
from pipeline.engine.preview import preview_redeploy
from pipeline.engine.redeploy import redeploy

_EPILOG = """\b
Examples:
  promote redeploy identity-blue-2 --stage prod          what would be done, step by step
  promote redeploy identity-blue-2 --stage prod --yes    do it
  promote lab status --stage prod                        which hosts there are
"""


@click.command("redeploy", epilog=_EPILOG)
@click.argument("host")
@click.option("--stage", metavar="NAME", required=True, help="The stage of the host.")
@click.option("--yes", is_flag=True, help="Do it, without asking.")
@with_lock_timeout
@common
def verb(call: Call, host: str, stage: str, yes: bool) -> int:  # noqa: FBT001 - click's flag
    """Replace one HOST of a stage by a new one, as the release that is verified there has it.

    It is drained, leaves its cluster, is removed and created, joins, and the stage's smoke gate must pass. A
    lost host is redeployed in the same way. Data are removed only if its peers have them. Shows what would
    happen, and asks. Without a terminal, and with -o json, it only shows; --yes does it.

    Refused, with the reason, if a cluster would lose its majority, if other hosts are not as they should be,
    or if servers run on a compute host.
    """
    with call.workshop() as shop:
        found = preview_redeploy(shop, stage, host)
        command = shlex.join(["promote", "redeploy", host, "--stage", stage])
        if not agreed(call, found, command, f"redeploy {host} in {stage}?", yes=yes):
            return only_shown(call, found, command)
        return show_run(call, redeploy(shop, found, host, wait_s=call.wait_s or 0.0), shop)
