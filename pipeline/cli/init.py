"""`promote init`: writes the beginning of what a person then edits."""

import click

from pipeline.cli.init_inventory import inventory


@click.group("init")
def verb() -> None:
    """Write a part of a config to begin with: a stage on machines that exist already."""


verb.add_command(inventory)
