"""The manual page promote(1), as roff, made from the commands themselves. Pure."""

import inspect
from collections.abc import Iterator, Mapping

import click

_AS_IS = "\b"  # click's mark of a paragraph whose lines stay as they are


def man_page(root: click.Group, version: str, codes: Mapping[int, str]) -> str:
    """The page of a group and all its verbs; `codes` are the exit codes with their meanings."""
    context = click.Context(root, info_name="promote")
    lines = [f'.TH PROMOTE 1 "" "stagegate {version}" "User Commands"', ".SH NAME"]
    lines += ["promote \\- promote releases of an OpenStack control plane through stages with gates"]
    lines += [".SH SYNOPSIS", _usage(root, context), ".SH DESCRIPTION", *_help(root)]
    lines += [".SH OPTIONS", *_options(root, context), ".SH VERBS"]
    for verb, at in _verbs(root, context):
        lines += [f".SS {_quoted(at.command_path)}", _usage(verb, at), ".PP", *_help(verb)]
        lines += _options(verb, at)
    lines += [".SH EXIT STATUS"]
    for code, meaning in codes.items():
        lines += [".TP", f".B {code}", _escaped(meaning)]
    lines += [".SH ENVIRONMENT", ".TP", ".B STAGEGATE_SITE", _escaped("The site, unless --site names it.")]
    lines += [".TP", ".B NO_COLOR", "If it is set, nothing is coloured."]
    return "\n".join(lines) + "\n"


def _verbs(group: click.Group, context: click.Context) -> Iterator[tuple[click.Command, click.Context]]:
    """Every verb that can be run, those of a group instead of the group."""
    for name in group.list_commands(context):
        verb = group.get_command(context, name)
        if verb is None:
            continue
        at = click.Context(verb, info_name=name, parent=context)
        if isinstance(verb, click.Group):
            yield from _verbs(verb, at)
        else:
            yield verb, at


def _usage(command: click.Command, context: click.Context) -> str:
    pieces = " ".join(command.collect_usage_pieces(context))
    return f".B {_escaped(context.command_path)}\n{_escaped(pieces)}"


def _help(command: click.Command) -> Iterator[str]:
    """The paragraphs of a command's help and of what stands below its options."""
    text = "\n\n".join(inspect.cleandoc(part) for part in (command.help, command.epilog) if part)
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            yield ".PP"
        if paragraph.startswith(_AS_IS):
            yield from (".nf", *map(_escaped, paragraph.splitlines()[1:]), ".fi")
        else:
            yield _escaped(" ".join(paragraph.split()))


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None:
            yield from (".TP", f".B {_escaped(record[0])}", _escaped(record[1]) or "\\&")


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """Text that roff prints as it is."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{plain}" if plain.startswith((".", "'")) else plain
