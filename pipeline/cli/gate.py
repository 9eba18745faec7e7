"""`promote gate GATE --stage S`: runs one gate against the live stage."""

from collections.abc import Sequence
from pathlib import Path
from signal import Signals

import click

from pipeline.cli.call import Call, common, with_lock_timeout
from pipeline.cli.exit_codes import code_of_run
from pipeline.cli.faults import HEADER, SPREAD, Fault, faults_in, spread
from pipeline.cli.output import losable
from pipeline.cli.render import print_json, print_lines, table
from pipeline.cli.run_result import decisive, head_now, run_data, show_last_words, show_run
from pipeline.core.codec import plain
from pipeline.core.errors import RunInterrupted
from pipeline.core.plan import Choice
from pipeline.engine.gate import run_gate
from pipeline.engine.result import RunResult
from pipeline.workshop import Workshop


@click.command("gate")
@click.argument("gate")
@click.option("--stage", metavar="NAME", required=True)
@click.option("--component", metavar="NAME", help="Only the checks and faults of this component.")
@click.option("--fault", metavar="NAME", help="Only this check, such as writer_killed.")
@click.option("--repeat", metavar="N", type=click.IntRange(1, 1000), default=1, help="Run the gate N times.")
@with_lock_timeout
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
        results: list[RunResult] = []
        seen: list[Fault] = []
        for _ in range(repeat):
            _require_uninterrupted(shop, stage, done=len(results), wanted=repeat)
            result = run_gate(shop, gate, stage, Choice(component, fault), wait_s=call.wait_s)
            faults = faults_in(_directory(result, gate, shop.site))
            if not call.json:
                _show_faults(HEADER, [fault.row() for fault in faults])
                show_run(call, result, shop)
            results.append(result)
            seen += faults
        if call.json:
            _print_document(call, results, seen, shop)
    if repeat > 1 and not call.json:
        _show_faults(SPREAD, spread(seen))
    return int(code_of_run(decisive(results)))


def _require_uninterrupted(shop: Workshop, stage: str, *, done: int, wanted: int) -> None:
    """Raise RunInterrupted if a signal arrived between two runs: neither is interrupted, but none follows."""
    number = shop.interrupts.requested()
    if done and number is not None:
        raise RunInterrupted(
            number,
            f"interrupted by {Signals(number).name} after {done} of {wanted} runs, each of which is recorded",
            next=f"promote history --stage {stage}",
        )


def _show_faults(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print what faults cost, before the result of a run: a failed run must end with what to look at."""
    if rows:
        with losable("what faults cost"):
            print_lines(table(header, rows))


def _print_document(call: Call, results: Sequence[RunResult], seen: Sequence[Fault], shop: Workshop) -> None:
    """Print the document of all runs, then the last words of each that did not succeed."""
    with losable("the result"):
        print_json({**run_data(results, shop.site, head_now(shop)), "faults": plain(seen)})
    for result in results:
        show_last_words(call, result, shop.site)


def _directory(result: RunResult, gate: str, site: Path) -> Path:
    attempt = result.attempt
    return site / attempt.directories.get(gate, f"runs/{attempt.id}")
