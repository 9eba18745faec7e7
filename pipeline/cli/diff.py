"""`promote diff A B`: the differences between two releases, or what stands in two stages."""

import click

from pipeline.cli.call import Call, common
from pipeline.cli.comparison import compared
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.core.errors import NotEligible
from pipeline.core.history import History
from pipeline.core.release import Release, find_release


@click.command("diff")
@click.argument("older")
@click.argument("newer")
@common
def verb(call: Call, older: str, newer: str) -> int:
    """Show the commits, config keys and packages that differ between two releases.

    The name of a stage, such as prod, means the release that is deployed there.
    """
    with call.workshop() as shop:
        history = shop.history()
        before, after = _meant(history, older), _meant(history, newer)
        found = compared(shop.revisions, before, after)
    document = {
        "from": before.id,
        "to": after.id,
        "same_code": found.same_code,
        "same_config": before.pin.config == after.pin.config,
        "commits": plain(found.commits),
        "config": plain(found.config),
        "packages": plain(found.packages),
    }
    return print_result(call, document, [f"{before} -> {after}", *found.lines()])


def _meant(history: History, name: str) -> Release:
    if name not in history.stage_names():
        return find_release(history.releases.values(), name)
    standing = history.stage(name).standing
    if standing is None:
        raise NotEligible(f"nothing is deployed in {name}", next=f"promote --stage {name}")
    return history.releases[standing]
