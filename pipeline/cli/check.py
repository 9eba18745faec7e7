"""`promote check`: checks the config alone."""

from collections.abc import Iterator, Sequence

import click

from pipeline.cli.call import Call, common, with_config
from pipeline.cli.render import counted, table
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.engine.choose import graph_at_hand
from pipeline.engine.each_stage import ReadElsewhere, read_in_each_stage


@click.command("check")
@click.option(
    "--each-stage", is_flag=True, help="Tell also what the code that stands in each stage says of it."
)
@with_config
@common
def verb(call: Call, each_stage: bool) -> int:  # noqa: FBT001 - click's flag
    """Check the config of the working tree and report all problems. Needs no root, no lab, no site.

    Of a config of its own, a release must be able to hold every file, as it is committed.

    With --each-stage, the releases of the site that stand in its stages read it as well. What they say is
    told and refuses nothing: a release brings its own code into a stage.
    """
    with call.workshop() as shop:
        graph = graph_at_hand(shop, call.config)
        if call.config is not None:
            shop.revisions.require_pinnable(call.config)
        elsewhere = read_in_each_stage(shop, call.config) if each_stage else ()
    text = f"the config is sound; stages: {', '.join(graph.names())}"
    document = {"problems": [], "stages": plain(graph.stages), "each_stage": plain(elsewhere)}
    return print_result(call, document, [text, *_lines(elsewhere)])


def _lines(elsewhere: Sequence[ReadElsewhere]) -> Iterator[str]:
    if not elsewhere:
        return
    rows = [(one.release, ", ".join(one.stages), _said(one)) for one in elsewhere]
    yield from table(("RELEASE", "STAGES", "ITS CODE SAYS"), rows)
    for one in elsewhere:
        yield from (f"{one.release}: {problem}" for problem in one.problems)


def _said(one: ReadElsewhere) -> str:
    if one.unread:
        return f"not asked: {one.unread}"
    return counted(len(one.problems), "problem") if one.problems else "sound"
