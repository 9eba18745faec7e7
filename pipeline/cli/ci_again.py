"""`promote ci again`: promotes what had to wait, for a job that comes regularly."""

from pathlib import Path

import click

from pipeline.cli.call import Call, common, with_evidence_into, with_lock_timeout
from pipeline.cli.evidence import evidence_copied
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.result import print_result
from pipeline.cli.run_result import show_run
from pipeline.core.errors import NotEligible
from pipeline.core.policy.waiting import waiting
from pipeline.engine.known import rules_on
from pipeline.engine.promote import Wish, promote


@click.command("again")
@click.option("--stage", metavar="NAME", required=True)
@with_evidence_into
@with_lock_timeout
@common
def again(call: Call, stage: str, evidence_into: Path | None) -> int:
    """Promote the release that waits for a stage, whole, in this process; do nothing if none does.

    A release waits that stands verified in the stage before, and that nobody has tried to bring here: a hold,
    a freeze or its soak was in the way. If it still is, the exit code says so, as of a promotion. What has
    failed is not tried again.
    """
    with call.workshop() as wired:
        history = wired.history()
        if history.line is None:
            raise NotEligible("this site has no line yet, so nothing can wait", next="promote --stage STAGE")
        release = waiting(history, rules_on(history.line, stage))
        if release is None:
            document = {"stage": stage, "waiting": None, "exit_code": int(ExitCode.DONE)}
            return print_result(call, document, [f"{stage}: nothing waits"])
        with evidence_copied(wired, evidence_into) as shop:
            result = promote(shop, Wish(stage, release.id, wait_s=call.wait_s))
        return show_run(call, result, wired)
