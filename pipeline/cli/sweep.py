"""`promote sweep`: finds what gates have left in a stage; shows it, and asks whether to remove it."""

from collections.abc import Iterator

import click

from pipeline.cli.call import Call, ask, common, with_lock_timeout
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.render import counted, print_json, print_lines, table
from pipeline.core.codec import plain
from pipeline.core.swept import Swept
from pipeline.engine.sweep import sweep

_EPILOG = """\b
Examples:
  promote sweep --stage staging          what gates have left there
  promote sweep --stage staging --yes    remove it
"""


@click.command("sweep", epilog=_EPILOG)
@click.option("--stage", metavar="NAME", required=True)
@click.option("--yes", is_flag=True, help="Remove it, without asking.")
@with_lock_timeout
@common
def verb(call: Call, stage: str, yes: bool) -> int:  # noqa: FBT001 - click's flag
    """Find what gates have left in a stage: servers, networks, images and the like, by their names.

    A gate removes what it makes; one that was killed may not. Shows what there is, and asks whether to remove
    it. Without a terminal, and with -o json, it only shows; --yes removes it. It takes the stage's lease, so
    nothing of a gate that runs is meant. Exits with 1 if something can't be removed, or can't be looked for.
    """
    with call.workshop() as shop:
        swept = sweep(shop, stage, clear=yes, wait_s=call.wait_s)
        command = f"promote sweep --stage {stage}"
        if swept.left and not yes and call.can_ask:
            print_lines(_lines(swept, stage), err=True)
            ask(f"remove this in {stage}?", command)
            yes, swept = True, sweep(shop, stage, clear=True, wait_s=call.wait_s)
    code = ExitCode.UNEXPECTED if swept.unread or (yes and swept.left) else ExitCode.DONE
    if call.json:
        print_json({"stage": stage, **_data(swept), "exit_code": int(code)})
        return int(code)
    print_lines(_lines(swept, stage))
    if swept.left and not yes:
        print_lines([f"to remove it: {call.addressed(command)} --yes"])
    return int(code)


def _data(swept: Swept) -> dict[str, object]:
    found = [plain(one) | {"removed": one.why is None} for one in swept.found]
    return {"found": found, "unread": list(swept.unread)}


def _lines(swept: Swept, stage: str) -> Iterator[str]:
    if swept.found:
        rows = [(one.component, one.kind, one.name, one.why or "removed") for one in swept.found]
        yield from table(("COMPONENT", "KIND", "NAME", "STATE"), rows)
    elif not swept.unread:
        yield f"no gate has left anything in {stage}"
    yield from (f"not looked for: {why}" for why in swept.unread)
    if swept.left:
        yield f"{counted(len(swept.left), 'thing')} of gates in {stage}"
