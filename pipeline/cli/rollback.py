"""`promote rollback`: bring back a release that was verified in the stage."""

from pathlib import Path

import click

from pipeline.cli.call import Call, common, with_evidence_into, with_lock_timeout
from pipeline.cli.evidence import evidence_copied
from pipeline.cli.run_result import show_run
from pipeline.engine.rollback import roll_back

_EPILOG = """\b
Examples:
  promote rollback --stage prod            the release that was verified there before the present one
  promote rollback --stage prod --to r3    this release
  promote plan --rollback --stage prod     what that would do, changing nothing
"""


@click.command("rollback", epilog=_EPILOG)
@click.option("--stage", metavar="NAME", required=True, help="The stage to roll back.")
@click.option("--to", metavar="R", help="An alias such as r3, an id, or the beginning of one.")
@with_evidence_into
@with_lock_timeout
@common
def verb(call: Call, stage: str, to: str | None, evidence_into: Path | None) -> int:
    """Bring back a release that passed every gate of this stage, and run its smoke gate.

    Whether the stage before has turned it down since does not matter, nor does a hold.
    """
    with call.workshop() as wired:
        with evidence_copied(wired, evidence_into) as shop:
            result = roll_back(shop, stage, to, wait_s=call.wait_s or 0.0)
        return show_run(call, result, wired)
