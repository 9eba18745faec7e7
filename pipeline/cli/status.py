"""`promote status`: shows what is deployed where, and what is under way."""

from collections.abc import Mapping, Sequence

import click

from pipeline.cli.call import Call, common
from pipeline.cli.followed import followed, with_checks
from pipeline.cli.outbox import outbox_data, outbox_lines
from pipeline.cli.overridden import carried_into, override_lines
from pipeline.cli.render import head_data, head_lines, hold_data, override_data
from pipeline.cli.result import print_result
from pipeline.cli.stage_rows import Row, holds_shown, stage_lines, stage_rows
from pipeline.core.chain import Head
from pipeline.core.errors import StagegateError, UsageProblem
from pipeline.core.history import History


@click.command("status")
@click.argument("stage", required=False)
@click.option("--stage", "asked", metavar="NAME", help="One stage, and what its hosts tell.")
@click.option("--watch", "watching", is_flag=True, help="Go on until Ctrl-C.")
@common
def verb(call: Call, stage: str | None, asked: str | None, watching: bool) -> int:  # noqa: FBT001 - click's flag
    """Show, for each stage, the last verified and the deployed release, holds, freezes, locks, and what runs.

    SOAKED is for how long the deployed release has stood there verified. A run that nobody drives any more is
    interrupted. Below are the overrides that stand, those that carried what is in a stage, and what GitLab
    has not been told yet. With --watch a terminal is drawn again each second; elsewhere each change is a
    line. The ledger's head is for `promote ledger verify --head`.

    All that is read from the ledger. With --stage the hosts of the stage are asked, too: which planes stand,
    what they run, and which of them answers what part of each service, since when.
    """
    _require_one_question(call, stage, asked, watching=watching)
    stage = stage or asked
    with call.office() as office:
        seen = followed(office)
        known = seen.history.stage_names()
        if stage is not None and stage not in known:
            why = f"known: {', '.join(known) or 'none yet'}"
            raise UsageProblem(f"no stage {stage!r}", why=why, next="promote status")
        if watching:
            from pipeline.cli.watch import watch  # noqa: PLC0415 - only for this

            return watch(office, seen, stage)
        rows = stage_rows(office, with_checks(seen, office.site), stage)
        head = office.ledger.head()
        now = office.clock.now()
    told, planes = _planes(call, asked) if asked else ((), None)
    holds, overrides = holds_shown(seen.history, stage, now), seen.history.overrides_at(now)
    document = {**status_data(seen.history, rows, head, now, stage), "planes": planes}
    shown = known if stage is None else (stage,)
    carried = tuple(override for name in shown for override in carried_into(seen.history, name))
    lines = [*stage_lines(rows, holds), *told, *override_lines(seen.history, carried, overrides)]
    return print_result(call, document, [*lines, *outbox_lines(seen.history), *head_lines(head)])


def status_data(
    history: History, rows: Sequence[Row], head: Head, now: float, stage: str | None = None
) -> dict[str, object]:
    """The document of these stages, or of one, as far as the ledger knows it."""
    return {
        "stages": rows,
        "planes": None,
        "holds": [hold_data(hold) for hold in holds_shown(history, stage, now)],
        "overrides": [override_data(override) for override in history.overrides_at(now)],
        "outbox": outbox_data(history),
        "ledger": head_data(head),
    }


def _require_one_question(call: Call, stage: str | None, asked: str | None, *, watching: bool) -> None:
    if watching and call.json:
        raise click.UsageError("--watch never ends, so it prints no document")
    if watching and asked is not None:
        raise click.UsageError(f"--watch asks no host: promote status {asked} --watch")
    if stage is not None and asked is not None:
        raise click.UsageError(f"name one stage: promote status --stage {asked}")


def _planes(call: Call, stage: str) -> tuple[Sequence[str], Mapping[str, object]]:
    """What the hosts of the stage tell, as lines and as data; if they can't be asked, why.

    That is no failure of this command: the rest of what it shows is as true as ever.
    """
    from pipeline.cli.planes_shown import planes_data, planes_lines  # noqa: PLC0415 - slow, for --stage alone
    from pipeline.engine.planes import Planes, planes  # noqa: PLC0415 - likewise

    found: Planes | StagegateError
    try:
        with call.workshop() as shop:
            found = planes(shop, stage)
    except StagegateError as error:
        found = error
    return tuple(planes_lines(stage, found)), planes_data(found)
