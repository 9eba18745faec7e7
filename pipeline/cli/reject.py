"""`promote reject`: a release enters no stage any more."""

import click

from pipeline.cli.call import Call, common
from pipeline.cli.result import print_result
from pipeline.engine.rejections import reject, withdraw

_EPILOG = """\b
Examples:
  promote reject r7 --reason "it loses volumes when a host is evacuated"
  promote reject r7 --withdraw --reason "the fault was in the test"
"""


@click.command("reject", epilog=_EPILOG)
@click.argument("release")
@click.option("--reason", metavar="TEXT", required=True, help="Shown to everybody who promotes it.")
@click.option("--withdraw", "back", is_flag=True, help="Let the release enter stages again.")
@common
def verb(call: Call, release: str, reason: str, back: bool) -> int:  # noqa: FBT001 - click's flag
    """Reject a release: it enters no stage any more, and no rollback goes to it.

    Where it stands it stays; `promote rollback` brings back another release.
    """
    with call.office() as office:
        found = withdraw(office, release, reason) if back else reject(office, release, reason)
    text = f"{found} may enter stages again" if back else f"{found} is rejected"
    document = {"release": found.id, "alias": found.alias, "rejected": not back, "reason": reason}
    return print_result(call, document, [f"{text}: {reason}"])
