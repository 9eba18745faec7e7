"""`promote deliver`: tells the forge what waits to be told."""

import click

from pipeline.cli.call import Call, common, duration
from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.outbox import due_data, outbox_data
from pipeline.cli.render import counted, print_lines, table
from pipeline.cli.result import print_result
from pipeline.core.due import Due
from pipeline.core.errors import UsageProblem
from pipeline.engine.delivery import Told, deliver, drop
from pipeline.forge import Forge
from pipeline.workshop import Office

_EPILOG = """\b
Examples:
  promote deliver                tell GitLab what it has not heard yet
  promote deliver --for 10m      keep trying for so long while it cannot be reached
  promote deliver --drop         never tell it what waits now
"""


@click.command("deliver", epilog=_EPILOG)
@click.option("--for", "within_s", type=duration, default="1m", metavar="TIME", help="How long at most. [1m]")
@click.option("--drop", "dropping", is_flag=True, help="Drop what waits instead.")
@common
def verb(call: Call, within_s: float, dropping: bool) -> int:  # noqa: FBT001 - click's flag
    """Tell GitLab what it has not heard yet of attempts: deployments, statuses, notes, issues, releases.

    A promotion does so by itself, as far as it can. What waits is told once, in its order; what GitLab
    refuses keeps waiting, and with it what comes later about the same thing. Ends with 75 if something still
    waits.
    """
    with call.office() as office:
        forge = _forge(office)
        told = Told() if dropping else deliver(office, forge, within_s)
        dropped = drop(office, forge) if dropping else ()
        history = office.history()
    document = {
        "told": [due_data(one) for one in told.told],
        "dropped": [due_data(one) for one in dropped],
        "troubles": list(told.troubles),
        "outbox": outbox_data(history),
    }
    print_result(call, document, [*_lines("told", told.told), *_lines("dropped", dropped)])
    if not told.waiting:
        return 0
    print_lines([*told.troubles, *_lines("still waiting", told.waiting)], err=True)
    return int(ExitCode.TRY_AGAIN)


def _forge(office: Office) -> Forge:
    if office.forge is None:
        raise UsageProblem(
            "this process knows nobody to tell",
            where="the variable STAGEGATE_GITLAB_TOKEN",
            why="it is not set",
            next="docs/gitlab.md",
        )
    return office.forge


def _lines(how: str, items: tuple[Due, ...]) -> list[str]:
    heading = f"{how}: {counted(len(items), 'message')}"
    if not items:
        return [heading] if how == "told" else []
    rows = [(str(data["what"]), str(data["attempt"]), str(data["about"])) for data in map(due_data, items)]
    return [heading, *table(("WHAT", "ATTEMPT", "ABOUT"), rows)]
