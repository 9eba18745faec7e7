"""`promote man`: the manual page."""

import importlib.metadata

import click

from pipeline.cli.exit_codes import ExitCode
from pipeline.cli.man_page import man_page

_EPILOG = """\b
Examples:
  promote man | man -l -                                    read it
  promote man > /usr/local/share/man/man1/promote.1         install it, for `man promote`
"""


@click.command("man", epilog=_EPILOG)
@click.pass_context
def verb(context: click.Context) -> int:
    """Print the manual page promote(1), for `man` to show or to install. It has every verb and option."""
    root = context.find_root().command
    if not isinstance(root, click.Group):
        raise click.UsageError("this is no verb of a group")
    version = importlib.metadata.version("stagegate")
    click.echo(man_page(root, version, {int(code): code.meaning for code in ExitCode}), nl=False)
    return 0
