"""`promote retire`: removes what the release that stands there needs no more; shows the plan, and asks."""

import shlex

import click

from pipeline.cli.call import Call, common, with_lock_timeout
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.plan import document
from pipeline.cli.result import print_result
from pipeline.cli.run_result import show_run
from pipeline.cli.shown import agreed, only_shown
from pipeline.engine.preview import preview_retire
from pipeline.engine.retire import retire

_EPILOG = """\b
Examples:
  promote retire --stage prod          what would be removed, step by step
  promote retire --stage prod --yes    do it
"""


@click.command("retire", epilog=_EPILOG)
@click.option("--stage", metavar="NAME", required=True, help="The stage in which something is to go.")
@click.option("--yes", is_flag=True, help="Do it, without asking.")
@with_lock_timeout
@common
def verb(call: Call, stage: str, yes: bool) -> int:  # noqa: FBT001 - click's flag
    """Remove what the release that is verified in a stage needs no more, then run every gate of the stage.

    After an upgrade, that is the control plane from before, which answers nobody any more. Once it has begun
    to go, its release can't be brought back. Nothing is rolled back: where it stops, the stage is left as it
    is, and the same command goes on from there. Shows what would happen, and asks. Without a terminal, and
    with -o json, it only shows; --yes does it. Where there is nothing to retire, it says so and exits with 0.
    """
    with call.workshop() as shop:
        found = preview_retire(shop, stage)
        if not found.plan.steps and not found.plan.refusals:
            text = f"nothing to retire in {stage}: {found.release.alias} needs all that stands there"
            return print_result(call, document(found, ExitCode.DONE), [text])
        command = shlex.join(["promote", "retire", "--stage", stage])
        if not agreed(call, found, command, f"retire this in {stage}?", yes=yes):
            return only_shown(call, found, command)
        return show_run(call, retire(shop, found, wait_s=call.wait_s or 0.0), shop)
