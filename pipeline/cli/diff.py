"""`promote diff R1 R2`: the differences between two releases."""

from collections.abc import Sequence

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import print_json, print_table
from pipeline.core.codec import plain
from pipeline.core.difference import Difference, differences
from pipeline.core.release import find_release


@click.command("diff")
@click.argument("older")
@click.argument("newer")
@common
def verb(call: Call, older: str, newer: str) -> int:
    """Show the commits, config keys and packages that differ between two releases."""
    with call.workshop() as shop:
        releases = shop.history().releases.values()
        before, after = find_release(releases, older), find_release(releases, newer)
        commits = shop.revisions.commits_between(before.pin.commit, after.pin.commit)
        config = differences(shop.revisions.settings(before.id), shop.revisions.settings(after.id))
        packages = differences(shop.revisions.packages(before.id), shop.revisions.packages(after.id))
    if call.json:
        print_json(
            {
                "from": before.id,
                "to": after.id,
                "same_code": before.pin.code == after.pin.code,
                "same_config": before.pin.config == after.pin.config,
                "commits": plain(commits),
                "config": plain(config),
                "packages": plain(packages),
            }
        )
        return 0
    click.echo(f"{before} -> {after}")
    click.echo("the code is the same" if before.pin.code == after.pin.code else f"{len(commits)} commits")
    for commit in commits:
        click.echo(f"  {commit.id[:12]} {commit.subject}")
    _print("config", config)
    _print("packages", packages)
    return 0


def _print(title: str, found: Sequence[Difference]) -> None:
    if not found:
        click.echo(f"{title}: no difference")
        return
    click.echo(f"{title}: {len(found)} differences")
    print_table(("NAME", "BEFORE", "AFTER"), [(d.name, d.before or "-", d.after or "-") for d in found])
