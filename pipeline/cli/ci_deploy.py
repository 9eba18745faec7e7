"""`promote ci deploy`: a promotion up to its gates, which other jobs judge."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from pipeline.cli.call import Call, common, with_config, with_evidence_into, with_lock_timeout
from pipeline.cli.dotenv import ATTEMPT, RELEASE, with_dotenv, write_dotenv
from pipeline.cli.evidence import evidence_copied
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.output import warn
from pipeline.cli.result import print_result
from pipeline.cli.run_result import show_run
from pipeline.core.checked import Checked
from pipeline.core.errors import UsageProblem
from pipeline.core.events import AttemptStarted, Record
from pipeline.engine.promote import Wish, promote
from pipeline.ports import Notifier


@dataclass(frozen=True, slots=True)
class _Naming:
    """The Notifier port: forwards everything, and names the attempt for later jobs as soon as it begins.

    So they can go on with it if this process is killed, and never with another one.
    """

    told: Notifier
    dotenv: Path | None
    named: list[str] = field(default_factory=list)

    def recorded(self, record: Record) -> None:
        event = record.event
        if isinstance(event, AttemptStarted) and not self.named:
            self.named.append(event.attempt)
            try:
                write_dotenv(self.dotenv, {ATTEMPT: event.attempt, RELEASE: event.release})
            except UsageProblem as problem:  # no reason to stop what has begun
                warn("; ".join(problem.lines()))
        self.told.recorded(record)

    def progress(self, message: str, host: str | None = None) -> None:
        self.told.progress(message, host)

    def checked(self, check: Checked) -> None:
        self.told.checked(check)


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
    write_dotenv(dotenv, {})  # before anything is begun that would be without a name
    with call.workshop() as wired:
        naming = replace(wired, notifier=_Naming(wired.notifier, dotenv))
        with evidence_copied(naming, evidence_into) as shop:
            wish = Wish(stage, release, config=call.config, wait_s=call.wait_s, hand_over=True)
            result = promote(shop, wish)
        if not result.handed_over:
            return show_run(call, result, wired)
    attempt = result.attempt
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
