"""`promote completion`: the script that lets a shell complete verbs and options."""

import click
from click.shell_completion import get_completion_class

_EPILOG = """\b
Examples:
  promote completion bash > /etc/bash_completion.d/promote
  promote completion zsh > ~/.zfunc/_promote
  promote completion fish > ~/.config/fish/completions/promote.fish
"""


@click.command("completion", epilog=_EPILOG)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def verb(context: click.Context, shell: str) -> int:
    """Print the completion script for a shell."""
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"there is no completion for {shell}")
    click.echo(kind(context.find_root().command, {}, "promote", "_PROMOTE_COMPLETE").source())
    return 0
