"""`promote override`: a release goes on although one gate does not pass."""

import click

from pipeline.cli.call import Call, ask, common, duration
from pipeline.cli.render import moment, override_data
from pipeline.cli.result import print_result
from pipeline.core.errors import UsageProblem
from pipeline.engine.overrides import Place, overridable, override, withdraw_override

_EPILOG = """\b
Examples:
  promote override --stage staging --release r7 --gate failover --reason "known defect 812" --for 24h
  promote override --stage staging --release r7 --gate failover --reason "812 is fixed" --withdraw
"""


@click.command("override", epilog=_EPILOG)
@click.option("--stage", metavar="NAME", required=True)
@click.option("--release", metavar="R", required=True, help="An alias such as r3, an id, or its beginning.")
@click.option("--gate", metavar="NAME", required=True)
@click.option("--reason", metavar="TEXT", required=True, help="Shown beside the verdict for ever.")
@click.option("--for", "lasts", type=duration, metavar="TIME", help="End it by itself after this time.")
@click.option("--withdraw", "back", is_flag=True, help="Take it back; promotions that it carried stay.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def verb(  # noqa: PLR0913, PLR0917 - each is an option
    call: Call,
    stage: str,
    release: str,
    gate: str,
    reason: str,
    lasts: float | None,
    back: bool,  # noqa: FBT001 - click's flag
    yes: bool,  # noqa: FBT001 - click's flag
) -> int:
    """Let a release be promoted into a stage although one gate fails there or is inconclusive.

    Only those whom the site's line allows may. The gate still runs, its evidence is kept, and the override
    stands beside its verdict for ever. It holds for promotions of this release into this stage, from now on:
    for no rollback, no gate by hand, no gate that could not run, and for nothing but the gate.
    """
    if back and (lasts is not None or yes):
        raise click.UsageError("--withdraw takes neither --for nor --yes")
    with call.workshop() as shop:
        place = Place(stage, release, gate)
        if back:
            found = withdraw_override(shop, place, reason)
        else:
            named = overridable(shop, shop.history(), place).alias
            what = f"let {named} go on in {stage} although gate {gate} does not pass"
            if not yes:
                _confirm(call, what)
            until = None if lasts is None else shop.clock.now() + lasts
            found = override(shop, place, reason, until)
        alias = shop.history().releases[found.release].alias
    ends = "" if found.until is None else f", until {moment(found.until)}"
    state = "no longer overridden" if back else f"overridden{ends}"
    document = {"override": override_data(found), "alias": alias, "withdrawn": back, "reason": reason}
    return print_result(call, document, [f"gate {gate} of {stage} is {state}, for {alias}: {reason}"])


def _confirm(call: Call, what: str) -> None:
    """Ask. Raises UsageProblem on a no, and where nobody can answer."""
    if not call.can_ask:
        raise UsageProblem("an override needs confirmation", why=f"it would {what}", next="add --yes")
    ask(f"{what}?", "promote status")
