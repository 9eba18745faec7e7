"""`promote resume`: continues an interrupted run."""

from pathlib import Path

import click

from pipeline.cli.call import Call, common, with_evidence_into, with_lock_timeout
from pipeline.cli.evidence import evidence_copied
from pipeline.cli.run_result import show_run
from pipeline.engine.resume import resume


@click.command("resume")
@click.option("--stage", metavar="NAME", help="Needed when several stages have an interrupted run.")
@click.option("--attempt", metavar="P", help="Only if this attempt is the interrupted one.")
@with_evidence_into
@with_lock_timeout
@common
def verb(call: Call, stage: str | None, attempt: str | None, evidence_into: Path | None) -> int:
    """Continue the interrupted run where it stopped, with its stored plan.

    What shards of its gates have reported is joined. Checks of shards that have not are run here.
    """
    with call.workshop() as wired:
        with evidence_copied(wired, evidence_into) as shop:
            result = resume(shop, stage, wait_s=call.wait_s, named=attempt)
        return show_run(call, result, wired)
