"""`promote to STAGE [RELEASE]`: a promotion by a person, who is asked before a protected stage."""

from pathlib import Path

import click

from pipeline.cli.call import Call, common, with_config, with_evidence_into, with_lock_timeout
from pipeline.cli.confirmation import confirmed
from pipeline.cli.evidence import evidence_copied
from pipeline.cli.run_result import show_run
from pipeline.engine.choose import rules_of
from pipeline.engine.promote import Wish, promote

_EPILOG = """\b
Examples:
  promote to dev               the release of the checkout into the first stage
  promote to prod              the release that stands verified in the stage before
  promote to prod r3 --yes     this release, without asking
"""


@click.command("to", epilog=_EPILOG)
@click.argument("stage")
@click.argument("release", required=False)
@click.option("--yes", is_flag=True, help="Do not ask before a protected stage.")
@click.option("--keep", is_flag=True, help="Leave a broken stage standing; in the lab only.")
@with_evidence_into
@with_config
@with_lock_timeout
@common
def verb(  # noqa: PLR0913, PLR0917 - each is an argument or an option
    call: Call,
    stage: str,
    release: str | None,
    yes: bool,  # noqa: FBT001 - click's flag
    keep: bool,  # noqa: FBT001 - click's flag
    evidence_into: Path | None,
) -> int:
    """Bring a release into a stage, gates included, as `promote --stage STAGE --release RELEASE` does.

    Before a stage that this site's line protects, shows the release, what differs from what stands there, and
    the plan, and asks. Where nobody can be asked, --yes is needed.
    """
    with call.workshop() as wired:
        wish = Wish(stage, release, keep, call.config, call.wait_s)
        if not yes and rules_of(wired, stage, call.config).protected:
            wish = confirmed(call, wired, wish)
        with evidence_copied(wired, evidence_into) as shop:
            result = promote(shop, wish)
        return show_run(call, result, wired)
