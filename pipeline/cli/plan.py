"""`promote plan --stage S`: shows what a promotion or a rollback would do, without changes."""

from collections.abc import Iterator
from pathlib import Path

import click

from pipeline.cli.call import Call, common, with_config
from pipeline.cli.earlier_legs import Expected, expected
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.legs_shown import NOTHING_KNOWN, expected_data, legs_lines, reversible
from pipeline.cli.plan_file import write
from pipeline.cli.plan_on_request import write_note
from pipeline.cli.result import print_result
from pipeline.cli.steps_table import steps_table
from pipeline.core.codec import plain
from pipeline.core.plan import Step
from pipeline.core.policy.decision import Allow, Defer, Deny, Obstacle
from pipeline.engine.preview import Preview, preview, preview_checkout, preview_rollback

_NOT_BACK = "--out nor --config nor --checkout nor --note"


@click.command("plan")
@click.option("--stage", metavar="NAME", required=True)
@click.option("--release", metavar="R", help="An alias such as r3, an id, or the beginning of one.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the plan there, for `promote --plan FILE`.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 20 if the plan would change the stage.")
@click.option("--checkout", is_flag=True, help="Of the checkout, also where it may not enter yet.")
@click.option("--note", "noting", is_flag=True, help="Write it on the merge request of this job, too.")
@click.option("--rollback", is_flag=True, help="What `promote rollback` would do instead.")
@click.option("--to", metavar="R", help="With --rollback: the release to go back to.")
@click.option("-v", "--steps", "every_step", is_flag=True, help="Of a plan of several legs, show each step.")
@with_config
@common
def verb(  # noqa: PLR0913, PLR0917 - each is an option
    call: Call,
    stage: str,
    release: str | None,
    out: Path | None,
    detailed_exitcode: bool,  # noqa: FBT001 - click's flag
    checkout: bool,  # noqa: FBT001 - likewise
    noting: bool,  # noqa: FBT001 - likewise
    rollback: bool,  # noqa: FBT001 - likewise
    to: str | None,
    every_step: bool,  # noqa: FBT001 - likewise
) -> int:
    """Show what `promote --stage S` would do, host by host, and why or why not. Changes and pins nothing.

    Of a plan of several legs, it counts each leg's steps by kind (-v: shows them), and tells how long the leg
    took before.

    With --rollback, show the same of `promote rollback --stage S`. With --note, people find it on the merge
    request that the job's pipeline is about, where it is updated in place; --checkout is for that.

    Without --detailed-exitcode, a plan that may go exits with 0, whether or not it has steps. With it, as of
    terraform, 0 means that the stage is as the release wants it. Changes are 20, since 2, as for any command
    here, is a mistake in usage or config. A plan that may not go exits as the promotion would.
    """
    _require_one_way(to, promotes=bool(release or out or call.config or checkout or noting), back=rollback)
    if checkout and release:
        raise click.UsageError("--checkout and --release name two different releases")
    with call.workshop() as shop:
        if rollback:
            found = preview_rollback(shop, stage, to)
        elif checkout:
            found = preview_checkout(shop, stage, call.config)
        else:
            found = preview(shop, stage, release, call.config)
        known = expected(shop, shop.history(), found.plan, (stage, found.kind))
        if noting:
            write_note(shop, found)
    if out is not None:
        write(out, found)
    code = code_of(found)
    if detailed_exitcode and code is ExitCode.DONE and found.plan.steps:
        code = ExitCode.CHANGES
    told = [*lines(found, known, steps=every_step), *_saved(out)]
    print_result(call, document(found, code, known), told)
    return int(code)


def _require_one_way(to: str | None, *, promotes: bool, back: bool) -> None:
    """Raise UsageError for options of a promotion with --rollback, and for the other way round."""
    if back and promotes:
        raise click.UsageError(f"--rollback takes neither --release (but --to) nor {_NOT_BACK}")
    if to is not None and not back:
        raise click.UsageError("--to is for --rollback; a promotion takes --release")


def _saved(out: Path | None) -> list[str]:
    return [f"plan written to {out}; to promote exactly this: promote --plan {out}"] if out else []


def code_of(found: Preview) -> ExitCode:
    """What the run would exit with if it ended before its first step; DONE if it would not."""
    if isinstance(found.decision, Deny):
        codes = {Obstacle.HELD: ExitCode.HELD, Obstacle.NO_SUCH_STAGE: ExitCode.USAGE}
        return codes.get(found.decision.obstacle, ExitCode.NOT_ELIGIBLE)
    if isinstance(found.decision, Defer):
        return ExitCode.DEFERRED
    if found.would_go:
        return ExitCode.DONE
    return ExitCode.NOT_ELIGIBLE


def document(found: Preview, code: ExitCode, known: Expected = NOTHING_KNOWN) -> dict[str, object]:
    """What would happen, as data."""
    return {
        "kind": found.kind.value,
        "stage": found.stage,
        "release": found.release.id,
        "alias": found.release.alias if found.pinned else None,
        "pinned": found.pinned,
        "why": found.why,
        "allowed": isinstance(found.decision, Allow),
        "reasons": list(found.decision.reasons),
        "digest": found.digest,
        "refusals": list(found.plan.refusals),
        "changes": plain(found.plan.summary),
        "steps": [_step(step) for step in found.plan.steps],
        "legs": plain(found.plan.legs),
        "forecast": expected_data(found.plan, known),
        "gates": None if found.gates is None else plain(found.gates),
        "retries": plain(found.plan.retries),
        "exit_code": int(code),
    }


def _step(step: Step) -> dict[str, object]:
    # Without the action, which only the release's own code interprets, and which can be large.
    return {key: value for key, value in plain(step).items() if key != "action"}


def lines(found: Preview, known: Expected = NOTHING_KNOWN, *, steps: bool = False) -> Iterator[str]:
    """What would happen, as text; with `steps`, each step of a plan of several legs."""
    plan, allowed = found.plan, isinstance(found.decision, Allow)
    yield f"{found.release} into {found.stage}: {found.why}"
    yield f"may {'go' if allowed else 'NOT go'}: {'; '.join(found.decision.reasons)}"
    yield from (f"retried {retry}" for retry in plan.retries)
    yield from (f"the plan refuses: {refusal}" for refusal in plan.refusals)
    if not plan.steps and not plan.refusals:
        yield "nothing to change"
    if plan.has_sections and not plan.refusals:
        yield from legs_lines(plan, found.kind, found.gates or (), known, steps=steps)
    else:
        yield from steps_table(plan.steps) if plan.steps else ()
        yield from (gate.line() for gate in found.gates or ())
    if plan.legs and not plan.refusals:
        yield reversible(plan, found.kind)
    yield f"plan digest: {found.digest}"
