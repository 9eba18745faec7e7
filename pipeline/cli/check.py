"""`promote check`: checks the config alone."""

import click

from pipeline.cli.call import Call, common, with_config
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.engine.choose import graph_at_hand


@click.command("check")
@with_config
@common
def verb(call: Call) -> int:
    """Check the config of the working tree and report all problems. Needs no root, no lab, no site."""
    with call.workshop() as shop:
        graph = graph_at_hand(shop, call.config)
    text = f"the config is sound; stages: {', '.join(graph.names())}"
    return print_result(call, {"problems": [], "stages": plain(graph.stages)}, [text])
