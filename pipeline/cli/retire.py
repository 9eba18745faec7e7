"""`promote retire`: removes what the release that stands there needs no more; shows the plan, and asks."""

import shlex

import click

from pipeline.cli.call import Call, common, with_lock_timeout
from pipeline.cli.earlier_legs import expected
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.plan import document as planned
from pipeline.cli.result import print_result
from pipeline.cli.run_result import show_run
from pipeline.cli.shown import agreed, only_shown
from pipeline.cli.stage_rows import follow_up_data, follow_up_text
from pipeline.core.follow_ups import Pending
from pipeline.core.kinds import Kind
from pipeline.engine.preview import preview_retire
from pipeline.engine.retire import retire

_EPILOG = """\b
Examples:
  promote retire --stage prod          what would be removed, step by step
  promote retire --stage prod --yes    do it
  promote retire --stage prod --yes --if-due    for a scheduled job: not before `promote status` calls it due
"""


@click.command("retire", epilog=_EPILOG)
@click.option("--stage", metavar="NAME", required=True, help="The stage in which something is to go.")
@click.option("--yes", is_flag=True, help="Do it, without asking.")
@click.option("--if-due", is_flag=True, help="Do nothing before it is due, for a job that comes regularly.")
@with_lock_timeout
@common
def verb(call: Call, stage: str, yes: bool, if_due: bool) -> int:  # noqa: FBT001 - click's flags
    """Remove what the release that is verified in a stage needs no more, then run every gate of the stage.

    After an upgrade, that is the control plane from before, which answers nobody any more. Once it has begun
    to go, its release can't be brought back. Nothing is rolled back: where it stops, the stage is left as it
    is, and the same command goes on from there. Shows what would happen, and asks. Without a terminal, and
    with -o json, it only shows; --yes does it. Where there is nothing to retire, it says so and exits with 0.
    """
    with call.workshop() as shop:
        view, now = shop.history().stage(stage), shop.clock.now()
        if if_due and view.standing is not None and not _is_due(view.follow_up, now):
            return _early(call, stage, view.follow_up, now)
        found = preview_retire(shop, stage)
        if not found.plan.steps and not found.plan.refusals:
            text = f"nothing to retire in {stage}: {found.release.alias} needs all that stands there"
            return print_result(call, planned(found, ExitCode.DONE), [text])
        command = shlex.join(["promote", "retire", "--stage", stage])
        known = expected(shop, shop.history(), found.plan, (stage, found.kind))
        if not agreed(call, found, command, f"retire this in {stage}?", known, yes=yes):
            return only_shown(call, found, command, known)
        return show_run(call, retire(shop, found, wait_s=call.wait_s or 0.0), shop)


def _is_due(pending: Pending | None, now: float) -> bool:
    return pending is not None and pending.verb == Kind.RETIRE.value and pending.is_due(now)


def _early(call: Call, stage: str, pending: Pending | None, now: float) -> int:
    """Say from when on it is due, if it ever is."""
    data = follow_up_data(pending, now)
    text = "nothing is to be retired" if data is None else follow_up_text(stage, data)
    document = {"stage": stage, "follow_up": data, "exit_code": int(ExitCode.DONE)}
    return print_result(call, document, [f"{stage}: {text}"])
