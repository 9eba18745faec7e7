"""Parsing calls of `promote` that stand in other files, without running them."""

import click
import pytest

from pipeline.cli.promote import promote_group


def must_parse(words: list[str], place: str) -> None:
    """Fail the test if these words after `promote`, which stand at `place`, can't be parsed."""
    try:
        _parse(promote_group, "promote", words, None)
    except click.exceptions.Exit:  # --version and --help end the parsing
        return
    except click.ClickException as error:
        pytest.fail(f"{place}: {error.format_message()}")


def _parse(command: click.Command, name: str, words: list[str], parent: click.Context | None) -> None:
    """Parse as click would, down to the last verb, and run nothing."""
    with command.make_context(name, words, parent=parent) as context:
        # Click 8 keeps the verb's name apart from the rest; Click 9 will not.
        rest = [*getattr(context, "_protected_args", []), *context.args]
        if isinstance(command, click.Group) and rest:
            verb, child, left = command.resolve_command(context, rest)
            assert child is not None
            _parse(child, verb or "", left, context)
