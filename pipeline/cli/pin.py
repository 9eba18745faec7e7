"""`promote pin`: makes the checkout a release, and deploys nothing."""

from pathlib import Path

import click

from pipeline.cli.call import Call, common, with_config
from pipeline.cli.candidate import asked_for, with_candidate
from pipeline.cli.dotenv import RELEASE, with_dotenv, write_dotenv
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.engine.choose import newest


@click.command("pin")
@with_candidate
@with_dotenv
@with_config
@common
def verb(call: Call, candidate: str | None, dotenv: Path | None) -> int:
    """Pin the checkout and its config as a release, without deploying it, and print the release's alias.

    What is pinned already keeps its alias. With --candidate, pin what fits after a change of code or config,
    and tell which revisions these are.
    """
    changed = asked_for(candidate)
    with call.workshop() as shop:
        before = shop.history().releases
        release, why = newest(shop, call.config, changed)
        if changed is not None:
            shop.notifier.progress(f"{release}, {why}")
    write_dotenv(dotenv, {RELEASE: release.id})
    names = {"release": release.id, "alias": release.alias}
    document = {**names, **plain(release.pin), "new": release.id not in before, "why": why}
    return print_result(call, document, [release.alias])
