"""`promote pin`: makes the checkout a release, and deploys nothing."""

from pathlib import Path

import click

from pipeline.cli.call import Call, common, with_config
from pipeline.cli.dotenv import RELEASE, with_dotenv, write_dotenv
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.engine.choose import pin


@click.command("pin")
@with_dotenv
@with_config
@common
def verb(call: Call, dotenv: Path | None) -> int:
    """Pin the checkout and its config as a release, without deploying it, and print the release's alias.

    What is pinned already keeps its alias.
    """
    with call.workshop() as shop:
        before = shop.history().releases
        release = pin(shop, shop.revisions.identify(call.config))
    write_dotenv(dotenv, {RELEASE: release.id})
    names = {"release": release.id, "alias": release.alias}
    document: dict[str, object] = {**names, **plain(release.pin), "new": release.id not in before}
    return print_result(call, document, [release.alias])
