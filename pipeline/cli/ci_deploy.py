"""`promote ci deploy`: a promotion up to its gates, which other jobs judge."""

from pathlib import Path

import click

from pipeline.cli.call import Call, common, with_config, with_evidence_into, with_lock_timeout
from pipeline.cli.dotenv import ATTEMPT, RELEASE, with_dotenv, write_dotenv
from pipeline.cli.evidence import evidence_copied
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.result import print_result
from pipeline.cli.run_result import show_run
from pipeline.engine.promote import Wish, promote


@click.command("deploy")
@click.option("--stage", metavar="NAME", required=True, help="Bring a release into this stage.")
@click.option("--release", metavar="R", help="An alias such as r3, an id, or the beginning of one.")
@with_dotenv
@with_evidence_into
@with_config
@with_lock_timeout
@common
def deploy(
    call: Call, stage: str, release: str | None, dotenv: Path | None, evidence_into: Path | None
) -> int:
    """Do all of a promotion but the gates that verify the release, and leave it open.

    `promote ci shard` then judges parts of a gate, and `promote resume` the rest, and ends it. Of a plan with
    legs, the gates of all legs but the last are run here.
    """
    with call.workshop() as wired:
        with evidence_copied(wired, evidence_into) as shop:
            wish = Wish(stage, release, config=call.config, wait_s=call.wait_s, hand_over=True)
            result = promote(shop, wish)
        if not result.handed_over:
            return show_run(call, result, wired)
    attempt = result.attempt
    write_dotenv(dotenv, {ATTEMPT: attempt.id, RELEASE: attempt.release})
    document = {
        "attempt": attempt.id,
        "release": attempt.release,
        "stage": stage,
        "waits_for": list(attempt.leg.gates),
        "exit_code": int(ExitCode.DONE),
    }
    alias, gates = result.history.releases[attempt.release].alias, ", ".join(attempt.leg.gates)
    line = f"{attempt.id}: {alias} is deployed in {stage}; to be judged: {gates}"
    return print_result(call, document, [line])
