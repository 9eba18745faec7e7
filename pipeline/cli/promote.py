"""`promote --stage S`: a promotion, and the group of all other verbs."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.cli.call import Call, common, with_config, with_evidence_into, with_lock_timeout
from pipeline.cli.candidate import asked_for, with_candidate
from pipeline.cli.verbs import LazyVerbs

_EPILOG = """\b
Examples:
  promote --stage dev                      the release of the checkout into the first stage
  promote --stage staging                  the release that stands verified in the stage before
  promote --stage prod --release r3        this release
  promote to prod r3                       the same for a person: asks before a protected stage
  promote plan --stage staging             what that would do, changing nothing
  promote --plan plan.json                 exactly what `promote plan --out plan.json` has shown
  promote history -o json                  what happened
  promote lab exec --stage dev -- openstack token issue

\b
Exit codes:
  0 done                  5 stage locked            10 a gate was inconclusive
  1 unexpected            6 held                    75 transient, try again
  2 usage or config       7 rollout failed         129 interrupted by SIGHUP, resumable
  3 a gate failed         8 rollback failed, too   130 interrupted by Ctrl-C, resumable
  4 not yet               9 not eligible           143 interrupted by SIGTERM, resumable
 20 changes; only with `promote plan --detailed-exitcode`
"""


@click.group(
    cls=LazyVerbs,
    invoke_without_command=True,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    subcommand_metavar="[VERB] ...",
)
@click.option("--stage", metavar="NAME", help="Bring a release into this stage, gates included.")
@click.option("--release", metavar="R", help="An alias such as r3, an id, or the beginning of one.")
@click.version_option(package_name="stagegate", prog_name="promote", message="%(prog)s %(version)s")
@click.option("--anew", is_flag=True, help="Run every check, whatever has passed on the same inputs.")
@click.option("--keep", is_flag=True, help="Leave a broken stage standing; in the lab only.")
@with_evidence_into
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Promote exactly what `promote plan --out FILE` has written, or nothing.",
)
@with_candidate
@with_config
@with_lock_timeout
@common
def promote_group(  # noqa: PLR0913, PLR0917 - each is an option
    call: Call,
    stage: str | None,
    release: str | None,
    anew: bool,  # noqa: FBT001 - click's flag
    keep: bool,  # noqa: FBT001 - click's flag
    evidence_into: Path | None,
    plan_file: Path | None,
    candidate: str | None,
) -> int:
    """Bring a release into a stage: eligibility, lease, plan, deployment, gates, pointer.

    A failed gate rolls the stage back to its last verified release, code and config.
    """
    ctx = click.get_current_context()
    if ctx.invoked_subcommand is not None:
        if any((stage, release, anew, keep, evidence_into, plan_file, candidate)):
            raise click.UsageError("options of a verb come after the verb", ctx)
        return 0
    expects = ""
    if plan_file is not None:
        from pipeline.cli.plan_file import read  # noqa: PLC0415 - keeps --help fast

        stage, release, expects = read(plan_file).agreeing(stage, release)
    if stage is None:
        raise click.UsageError("name the stage: promote --stage dev", ctx)
    changed = asked_for(candidate, release)
    from pipeline.cli.evidence import evidence_copied  # noqa: PLC0415 - keeps --help fast
    from pipeline.cli.run_result import show_run  # noqa: PLC0415 - likewise
    from pipeline.engine.promote import Wish, promote  # noqa: PLC0415 - likewise

    with call.workshop() as wired:
        with evidence_copied(wired, evidence_into) as shop:
            wish = Wish(stage, release, keep, call.config, call.wait_s, anew, expects, changed=changed)
            result = promote(shop, wish)
        return show_run(call, result, wired)
