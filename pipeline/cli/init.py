"""`promote init`: writes the beginning of what a person then edits."""

import click

from pipeline.cli.init_config import config
from pipeline.cli.init_inventory import inventory


@click.group("init")
def verb() -> None:
    """Write something to begin with: a config repository, or a stage on machines that exist already."""


verb.add_command(config)
verb.add_command(inventory)
