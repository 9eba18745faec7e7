"""`promote pin`: makes the checkout a release, and deploys nothing."""

import click

from pipeline.cli.call import Call, common, with_config
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.engine.choose import pin


@click.command("pin")
@with_config
@common
def verb(call: Call) -> int:
    """Pin the checkout and its config as a release, without deploying it, and print the release's alias.

    What is pinned already keeps its alias.
    """
    with call.workshop() as shop:
        before = shop.history().releases
        release = pin(shop, shop.revisions.identify(call.config))
    names = {"release": release.id, "alias": release.alias}
    document: dict[str, object] = {**names, **plain(release.pin), "new": release.id not in before}
    return print_result(call, document, [release.alias])
