"""Which format a command line asks for, also when it cannot be run."""

from collections.abc import Sequence

import click


def wants_json(command: click.Command, argv: Sequence[str]) -> bool:
    """Whether click's parser finds `-o json` for this command or the verb after it. Runs nothing.

    The parser stops at the first mistake, so an option after it is not found: it could as well be the value
    of the option that was mistyped.
    """
    return _asked(command, list(argv), None) == "json"


def _asked(command: click.Command, words: list[str], parent: click.Context | None) -> str | None:
    # Parsing resiliently, as for shell completion, returns what stands before a mistake and does not raise.
    context = click.Context(command, parent=parent, resilient_parsing=True, **command.context_settings)
    values, rest, _ = command.make_parser(context).parse_args(words)
    asked: str | None = values.get("output")
    if isinstance(command, click.Group) and rest:
        _, verb, left = command.resolve_command(context, rest)
        if verb is not None:
            return _asked(verb, left, context) or asked
    return asked
