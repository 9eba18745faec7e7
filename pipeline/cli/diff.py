"""`promote diff A B`: the differences between two releases, or what stands in two stages."""

from collections.abc import Sequence

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import table
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.core.difference import Difference, differences
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
        commits = shop.revisions.commits_between(before.pin.commit, after.pin.commit)
        config = differences(shop.revisions.settings(before.id), shop.revisions.settings(after.id))
        packages = differences(shop.revisions.packages(before.id), shop.revisions.packages(after.id))
    same_code = before.pin.code == after.pin.code
    document = {
        "from": before.id,
        "to": after.id,
        "same_code": same_code,
        "same_config": before.pin.config == after.pin.config,
        "commits": plain(commits),
        "config": plain(config),
        "packages": plain(packages),
    }
    lines = [f"{before} -> {after}", "the code is the same" if same_code else f"{len(commits)} commits"]
    lines += [f"  {commit.id[:12]} {commit.subject}" for commit in commits]
    return print_result(call, document, [*lines, *_lines("config", config), *_lines("packages", packages)])


def _meant(history: History, name: str) -> Release:
    if name not in history.stage_names():
        return find_release(history.releases.values(), name)
    standing = history.stage(name).standing
    if standing is None:
        raise NotEligible(f"nothing is deployed in {name}", next=f"promote --stage {name}")
    return history.releases[standing]


def _lines(title: str, found: Sequence[Difference]) -> list[str]:
    if not found:
        return [f"{title}: no difference"]
    rows = [(d.name, d.before or "-", d.after or "-") for d in found]
    return [f"{title}: {len(found)} differences", *table(("NAME", "BEFORE", "AFTER"), rows)]
