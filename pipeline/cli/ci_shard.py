"""`promote ci shard`: one part of a gate of a promotion that waits for its gates to be judged."""

import shutil
from pathlib import Path

import click

from pipeline.cli.call import Call, common, with_evidence_into, with_lock_timeout
from pipeline.cli.causes_shown import cause_lines
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.found import Found
from pipeline.cli.junit_files import rename_cases
from pipeline.cli.output import warn
from pipeline.cli.render import print_lines
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.core.errors import StagegateError
from pipeline.core.shard import Shard
from pipeline.core.verdict import Verdict
from pipeline.engine.shard import Part, ShardResult, run_shard
from pipeline.workshop import Workshop

_CODES = {
    Verdict.PASS: ExitCode.DONE,
    Verdict.FAIL: ExitCode.GATE_FAILED,
    Verdict.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
}


class _ShardType(click.ParamType[Shard]):
    """One of several parts: `2/3`."""

    name = "shard"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Shard:
        """Convert to a shard, or fail with a usage error."""
        try:
            return Shard.parse(str(value))
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


@click.command("shard")
@click.argument("gate")
@click.argument("shard", type=_ShardType(), metavar="I/N")
@click.option("--stage", metavar="NAME", required=True)
@click.option("--attempt", metavar="P", help="Only if this attempt is the one that waits there.")
@with_evidence_into
@with_lock_timeout
@common
def shard(  # noqa: PLR0913, PLR0917 - each is an argument or an option
    call: Call, gate: str, shard: Shard, stage: str, attempt: str | None, evidence_into: Path | None
) -> int:
    """Run the I-th of N parts of a gate, for a promotion that `promote ci deploy` has left open.

    Its report goes into the ledger, once; `promote resume` joins it with those of the others. Where one does
    not pass, the gate does not. A shard that was killed has reported nothing, and may be begun again.
    """
    with call.workshop() as shop:
        result = run_shard(shop, Part(stage, gate, shard, attempt), wait_s=call.wait_s)
        site = shop.site
        left = site / result.directory
        if evidence_into is not None:
            _copy(shop, result, evidence_into)
    told = result.report
    document = {
        "attempt": told.attempt,
        "gate": told.gate,
        "shard": str(told.shard),
        "stage": stage,
        "verdict": told.evidence.verdict.value,
        "passed": told.evidence.passed,
        "wanted": told.evidence.wanted,
        "findings": plain(told.evidence.findings),
        "evidence": str(left),
        "reported_before": result.before,
        "exit_code": int(_CODES[told.evidence.verdict]),
    }
    print_result(call, document, [_line(result, stage)])
    print_lines(_findings(result, stage, left, site), err=True)
    return int(_CODES[told.evidence.verdict])


def _line(result: ShardResult, stage: str) -> str:
    told = result.report
    counts = f"{told.evidence.passed} of {told.evidence.wanted} checks passed"
    before = ", as it had reported before" if result.before else ""
    what = f"shard {told.shard} of gate {told.gate} in {stage}"
    return f"{told.attempt}: {what}: {told.evidence.summary}, {counts}{before}"


def _findings(result: ShardResult, stage: str, left: Path, site: Path) -> list[str]:
    """What did not pass, and what to do; nothing after a pass."""
    told = result.report
    found = list(cause_lines(Found(told.attempt, stage, told.full_name, told.evidence), site))
    return [*found, f"evidence: {left}", f"next: promote resume --stage {stage}"] if found else []


def _copy(shop: Workshop, result: ShardResult, into: Path) -> None:
    """Copy the evidence. A failure only causes a warning on stderr: the evidence is still in the site."""
    left = shop.site / result.directory
    if not left.is_dir():
        return
    try:
        folder = into / Path(result.directory).relative_to("runs")
        shutil.copytree(left, folder, symlinks=True, dirs_exist_ok=True)
        rename_cases([shop.history().attempts[result.report.attempt]], into)
    except (OSError, shutil.Error, StagegateError) as problem:
        warn(f"the evidence in {left} could not be copied into {into}: {problem}")
