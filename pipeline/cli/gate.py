"""`promote gate GATE --stage S`: one gate against the live stage."""

from __future__ import annotations

import click

from pipeline.cli.call import Call, common
from pipeline.cli.run_result import show_run
from pipeline.engine.observe import run_gate


@click.command("gate")
@click.argument("gate")
@click.option("--stage", metavar="NAME", required=True)
@common
def verb(call: Call, gate: str, stage: str) -> int:
    """Run one gate against the release that stands in a stage.

    Takes the lease, is recorded as ad hoc, never verifies and never brings the stage back.
    """
    with call.workshop() as shop:
        return show_run(call, run_gate(shop, gate, stage, wait_s=call.wait_s or 0.0), shop.site)
