"""`promote approve`: a person's word that a release may enter a stage by one plan."""

import re
from pathlib import Path

import click

from pipeline.cli.call import Call, ask, common
from pipeline.cli.earlier_legs import expected
from pipeline.cli.plan import lines
from pipeline.cli.plan_file import read
from pipeline.cli.render import approval_data, moment, print_lines
from pipeline.cli.result import print_result
from pipeline.core.errors import NotEligible, UsageProblem
from pipeline.core.kinds import Kind
from pipeline.core.release import Release, find_release
from pipeline.engine.approvals import approval_rule, approve, require_may_approve, withdraw
from pipeline.engine.preview import preview
from pipeline.workshop import Workshop

_EPILOG = """\b
Examples:
  promote approve --stage prod --release r7              shows the plan and asks
  promote approve --plan plan.json --reason "reviewed"   what `promote plan --out plan.json` has written
  promote approve --stage prod --release r7 --withdraw   takes one's own approval back
"""
_DIGEST = re.compile(r"[0-9a-f]{64}")


@click.command("approve", epilog=_EPILOG)
@click.option("--stage", metavar="NAME", help="The stage; with --plan, that of the file.")
@click.option("--release", metavar="R", help="The release; with --plan, that of the file.")
@click.option(
    "--plan",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Approve this plan.",
)
@click.option("--digest", metavar="D", help="Approve the plan with this digest.")
@click.option("--retire", is_flag=True, help="With --digest: of the plan that `promote retire` has shown.")
@click.option("--reason", metavar="TEXT", default="", help="Shown by `promote audit`.")
@click.option("--withdraw", "back", is_flag=True, help="Take one's own approval back.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def verb(  # noqa: PLR0913, PLR0917 - each is an option
    call: Call,
    stage: str | None,
    release: str | None,
    file: Path | None,
    digest: str | None,
    retire: bool,  # noqa: FBT001 - click's flag
    reason: str,
    back: bool,  # noqa: FBT001 - click's flag
    yes: bool,  # noqa: FBT001 - click's flag
) -> int:
    """Approve that a release enters a stage by one plan, shown here or named by --plan or --digest.

    The line says how many must approve, who may, and for how long an approval counts. Nobody's own promotion
    is let in by their own approval. If the plan changes, or has been begun, new approvals are needed.
    """
    if retire and digest is None:
        raise click.UsageError("--retire needs --digest, which `promote retire` prints")
    kind = Kind.RETIRE if retire else Kind.PROMOTE
    stage, release, plan = _named(stage, release, file, digest)
    with call.workshop() as shop:
        found = find_release(shop.history().releases.values(), release)
        if back:
            taken = withdraw(shop, stage, found, reason)
            text = f"{found}: the approval for {stage} by {taken.by} is taken back"
            return print_result(call, {"approved": False, "approval": approval_data(taken)}, [text])
        require_may_approve(shop, stage, found)
        seen = plan or _seen(call, shop, stage, found, yes=yes)
        given = approve(shop, stage, found, seen, reason, kind)
        rule = approval_rule(shop.history(), stage, found)
    until = moment(given.at + rule.within_s)
    text = f"{found}: approved for {stage} by {given.by}, plan {given.plan[:12]}, counts until {until}"
    return print_result(call, {"approved": True, "approval": approval_data(given)}, [text])


def _named(
    stage: str | None, release: str | None, file: Path | None, digest: str | None
) -> tuple[str, str, str]:
    """Stage, release, and the digest of the plan; empty if it is to be made."""
    if file is not None and digest is not None:
        raise click.UsageError("name a plan by --plan or by --digest")
    if file is not None:
        return read(file).agreeing(stage, release)
    if stage is None or release is None:
        raise click.UsageError("name --stage and --release, or a plan by --plan")
    if digest is not None and not _DIGEST.fullmatch(digest):
        raise click.UsageError("a digest has 64 hexadecimal digits; `promote plan` prints that of its plan")
    return stage, release, digest or ""


def _seen(call: Call, shop: Workshop, stage: str, release: Release, *, yes: bool) -> str:
    """Make the plan, show it and ask. Raises UsageProblem on a no, and where nobody can answer."""
    found = preview(shop, stage, release.id, None)
    again = f"promote approve --stage {stage} --release {release.alias}"
    if found.plan.refusals:
        raise NotEligible(
            f"there is no plan of {release.alias} for {stage} to approve",
            why="; ".join(found.plan.refusals),
            next=f"promote plan --stage {stage} --release {release.alias}",
        )
    if yes:
        return found.digest
    if not call.can_ask:
        raise UsageProblem(
            f"an approval of plan {found.digest[:12]} needs confirmation", next=f"{again} --yes"
        )
    known = expected(shop, shop.history(), found.plan, (stage, found.kind))
    print_lines(lines(found, known, steps=True), err=True)
    ask("approve this plan?", again, "approved")
    return found.digest
