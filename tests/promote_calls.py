"""Parsing calls of `promote` that stand in other files, without running them."""

import click


def parse(command: click.Command, name: str, words: list[str], parent: click.Context | None) -> None:
    """Parse as click would, down to the last verb, and run nothing."""
    with command.make_context(name, words, parent=parent) as context:
        # Click 8 keeps the verb's name apart from the rest; Click 9 will not.
        rest = [*getattr(context, "_protected_args", []), *context.args]
        if isinstance(command, click.Group) and rest:
            verb, child, left = command.resolve_command(context, rest)
            assert child is not None
            parse(child, verb or "", left, context)
