"""`promote scale`: writes how many hosts of a role a stage has into the config."""

import re
from collections.abc import Iterator

import click

from pipeline.cli.call import Call, common, with_config
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.engine.scale import Scaling, scale

_EPILOG = """\b
Examples:
  promote scale --stage staging identity=3
  promote scale --stage prod database=5 messaging=5
"""


@click.command("scale", epilog=_EPILOG)
@click.option("--stage", metavar="NAME", required=True)
@click.argument("counts", nargs=-1, required=True, metavar="ROLE=N...")
@with_config
@common
def verb(call: Call, stage: str, counts: tuple[str, ...]) -> int:
    """Write how many hosts of each ROLE the stage has into the checkout's config, and show what changed.

    Only the numbers change: comments and layout stay. If a count is refused, nothing is changed. Deploys
    nothing: the changed config is promoted like any other change, and a promotion then adds or removes
    exactly those hosts.
    """
    wanted = _parsed(counts)
    with call.workshop() as shop:
        done = scale(shop, stage, wanted, call.config)
    following = [call.addressed(command) for command in done.next]
    scaled = done.scaled
    document = {
        "stage": stage,
        "file": scaled.file,
        "changes": plain(scaled.changes),
        "diff": list(scaled.diff),
        "next": following,
    }
    return print_result(call, document, _lines(done, stage, following))


def _lines(done: Scaling, stage: str, following: list[str]) -> Iterator[str]:
    if not done.scaled.changes:
        yield f"{stage} has these counts already; nothing was changed"
        return
    yield f"changed {done.scaled.file}:"
    yield from done.scaled.diff
    yield from (f"next: {command}" for command in following)


def _parsed(counts: tuple[str, ...]) -> dict[str, int]:
    """The wanted count of each role. Raises click.BadParameter with every word that is none."""
    found: dict[str, int] = {}
    bad = []
    for word in counts:
        match = re.fullmatch(r"([a-z][a-z0-9-]*)=([0-9]{1,6})", word)
        if match is None:
            bad.append(f"{word!r} is not ROLE=N, such as identity=3")
        elif match[1] in found:
            bad.append(f"{match[1]} is given twice")
        else:
            found[match[1]] = int(match[2])
    if bad:
        raise click.BadParameter("; ".join(bad))
    return found
