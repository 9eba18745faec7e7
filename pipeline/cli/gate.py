"""`promote gate GATE --stage S`: runs one gate against the live stage."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals

import click

from pipeline.cli.call import Call, common, with_lock_timeout
from pipeline.cli.check_table import count_data, count_lines
from pipeline.cli.exit_codes import code_of_error, code_of_run
from pipeline.cli.faults import HEADER, SPREAD, Fault, faults_in, spread
from pipeline.cli.output import losable
from pipeline.cli.render import print_json, print_lines, table
from pipeline.cli.run_result import decisive, head_now, run_data, show_last_words, show_run
from pipeline.core.check_counts import CheckCount, CheckVerdict, counted, verdicts_of
from pipeline.core.codec import plain
from pipeline.core.errors import RunInterrupted, StagegateError
from pipeline.core.gate_events import GateJudged
from pipeline.core.plan import Choice
from pipeline.engine.gate import run_gate
from pipeline.engine.result import RunResult
from pipeline.workshop import Workshop

_MOST = 1000


@click.command("gate")
@click.argument("gate")
@click.option("--stage", metavar="NAME", required=True)
@click.option("--component", metavar="NAME", help="Only the checks and faults of this component.")
@click.option("--fault", metavar="NAME", help="Only this check, such as writer_killed.")
@click.option("--repeat", metavar="N", type=click.IntRange(1, _MOST), default=1, help="Run the gate N times.")
@with_lock_timeout
@common
def verb(  # noqa: PLR0913, PLR0917 - each is an option
    call: Call, gate: str, stage: str, component: str | None, fault: str | None, repeat: int
) -> int:
    """Run one gate against the release that is deployed in a stage.

    Takes the lease; is recorded as ad hoc; never verifies and never rolls the stage back. Shows what faults
    cost; with --repeat (at most 1000), also their spread, and how often each check was green, inconclusive
    and red. Ctrl-C lets the run at hand end, and shows what the runs so far found.

    The exit code is that of the first run that did not pass; if it was stopped early, that of the signal.
    """
    runs = _Runs(repeat)
    with call.workshop() as shop:
        for _ in range(repeat):
            try:
                _require_uninterrupted(shop, stage, done=len(runs.results), wanted=repeat)
                result = run_gate(shop, gate, stage, Choice(component, fault), wait_s=call.wait_s)
            except StagegateError as error:
                if not runs.results:
                    raise
                runs.stopped = error
                break
            runs.add(result, gate, shop)
            if not call.json:
                _show_faults(HEADER, [fault.row() for fault in runs.last_faults])
                show_run(call, result, shop)
        if call.json:
            _print_document(call, runs, shop)
    if not call.json:
        _show_spread(runs)
        if runs.stopped is not None:
            raise runs.stopped
    return runs.exit_code


@dataclass(slots=True)
class _Runs:
    """The runs of a gate so far, and the error that ended them early, if one did."""

    wanted: int
    results: list[RunResult] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    last_faults: Sequence[Fault] = ()
    verdicts: list[CheckVerdict] = field(default_factory=list)
    stopped: StagegateError | None = None

    def add(self, result: RunResult, gate: str, shop: Workshop) -> None:
        """Add a run that ended, with what its files and the ledger have of it."""
        self.results.append(result)
        self.last_faults = faults_in(_directory(result, gate, shop.site))
        self.faults += self.last_faults
        self.verdicts += _verdicts(result, shop)

    @property
    def counts(self) -> tuple[CheckCount, ...]:
        """How often each check was green, inconclusive and red."""
        return counted(self.verdicts)

    @property
    def exit_code(self) -> int:
        """That of the error that stopped them, else of the first that did not pass."""
        if self.stopped is not None:
            return code_of_error(self.stopped)
        return int(code_of_run(decisive(self.results)))


def _verdicts(result: RunResult, shop: Workshop) -> list[CheckVerdict]:
    """What a run found of each check, as the ledger has it."""
    attempt = result.attempt
    before = attempt.first_event - 1
    records = shop.ledger.read(after=before, most=(attempt.last_event or result.history.head) - before)
    judged = (record.event for record in records)
    return [
        verdict
        for event in judged
        if isinstance(event, GateJudged) and event.attempt == attempt.id
        for verdict in verdicts_of(event)
    ]


def _require_uninterrupted(shop: Workshop, stage: str, *, done: int, wanted: int) -> None:
    """Raise RunInterrupted if a signal arrived by the end of a run: it has ended, and none follows."""
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


def _show_spread(runs: _Runs) -> None:
    """Print what several runs found of each fault and each check."""
    if runs.wanted > 1:
        _show_faults(SPREAD, spread(runs.faults))
        with losable("what the runs found of each check"):
            print_lines([f"{len(runs.results)} of {runs.wanted} runs", *count_lines(runs.counts)])


def _print_document(call: Call, runs: _Runs, shop: Workshop) -> None:
    """Print the document of all runs, then the last words of each that did not succeed."""
    with losable("the result"):
        document = run_data(runs.results, shop.site, head_now(shop))
        if runs.stopped is not None:
            document |= {"exit_code": runs.exit_code, "meaning": runs.stopped.what}
        told = {"wanted": runs.wanted, "faults": plain(runs.faults), "checks": count_data(runs.counts)}
        print_json({**document, **told})
    for result in runs.results:
        show_last_words(call, result, shop.site)
    if runs.stopped is not None:
        with losable("the error"):
            print_lines(runs.stopped.lines(), err=True)


def _directory(result: RunResult, gate: str, site: Path) -> Path:
    attempt = result.attempt
    return site / attempt.directories.get(gate, f"runs/{attempt.id}")
