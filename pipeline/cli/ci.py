"""`promote ci`: what the jobs of a CI server call, where many runners judge one stage."""

import click

from pipeline.cli.ci_again import again
from pipeline.cli.ci_child import child
from pipeline.cli.ci_deploy import deploy
from pipeline.cli.ci_shard import shard


@click.group("ci")
def verb() -> None:
    """For jobs of a CI server: a child pipeline for a stage, and what its jobs call."""


for command in (child, deploy, shard, again):
    verb.add_command(command)
