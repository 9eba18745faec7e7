"""`promote gate GATE --stage S`: runs one gate against the live stage."""

from pathlib import Path

import click

from pipeline.cli.call import Call, common
from pipeline.cli.exit_codes import ExitCode, code_of_run
from pipeline.cli.faults import HEADER, SPREAD, Fault, faults_in, spread
from pipeline.cli.output import losable
from pipeline.cli.render import head_data, print_lines, table
from pipeline.cli.result import print_result
from pipeline.cli.run_result import head_now, show_run
from pipeline.core.codec import plain
from pipeline.core.plan import Choice
from pipeline.engine.gate import run_gate
from pipeline.engine.result import RunResult


@click.command("gate")
@click.argument("gate")
@click.option("--stage", metavar="NAME", required=True)
@click.option("--component", metavar="NAME", help="Only the checks and faults of this component.")
@click.option("--fault", metavar="NAME", help="Only this check, such as writer_killed.")
@click.option("--repeat", metavar="N", type=click.IntRange(1, 1000), default=1, help="Run the gate N times.")
@common
def verb(  # noqa: PLR0913, PLR0917 - each is an option
    call: Call, gate: str, stage: str, component: str | None, fault: str | None, repeat: int
) -> int:
    """Run one gate against the release that is deployed in a stage.

    Takes the lease; is recorded as ad hoc; never verifies and never rolls the stage back. Shows what faults
    cost; with --repeat, also the spread over all runs. The exit code is that of the first run that did not
    pass.
    """
    with call.workshop() as shop:
        code = int(ExitCode.DONE)
        seen: list[Fault] = []
        runs: list[str] = []
        for _ in range(repeat):
            result = run_gate(shop, gate, stage, Choice(component, fault), wait_s=call.wait_s)
            faults = faults_in(_directory(result, gate, shop.site))
            if faults and not call.json:  # before the result: a failed run must end with what to look at
                with losable("what faults cost"):
                    print_lines(table(HEADER, [fault.row() for fault in faults]))
            ended = int(code_of_run(result)) if call.json and repeat > 1 else show_run(call, result, shop)
            code = code or ended
            seen += faults
            runs.append(result.attempt_id)
        head = head_now(shop) if call.json and repeat > 1 else None
    if repeat > 1:
        with losable("what faults cost"):
            document = {"attempts": runs, "exit_code": code, "faults": plain(seen), "ledger": head_data(head)}
            print_result(call, document, table(SPREAD, spread(seen)) if seen else ())
    return code


def _directory(result: RunResult, gate: str, site: Path) -> Path:
    attempt = result.attempt
    return site / attempt.directories.get(gate, f"runs/{attempt.id}")
