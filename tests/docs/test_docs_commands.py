"""The commands, options and make targets in the documents are the ones there are."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest
from pages import ROOT, TEXT, fenced, spans
from promote_calls import must_parse

from pipeline.cli.promote import promote_group

# Of python -m stages lab-exec, of MariaDB, of pytest in suites.
FOREIGN_OPTIONS = {"--request", "--wsrep-recover", "-m", "--only"}
OPTION = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


def verbs(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from verbs(child, (*path, name))


COMMANDS = dict(verbs(promote_group))


def command_lines() -> list[tuple[str, str]]:
    inline = [(name, span) for name, span in spans() if re.match(r"promote( |$)", span)]
    blocks = [
        (name, line.strip())
        for name, body in fenced("console")
        for line in body.splitlines()
        if line.strip().startswith("promote ")
    ]
    return [(name, line) for name, line in inline + blocks if line != "promote"]


@pytest.mark.parametrize(("document", "line"), command_lines())
def test_a_documented_command_line_parses(document: str, line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    if tuple(words) not in COMMANDS:  # it does more than name the verb
        must_parse(words, f"{document}: {line}")


def test_every_verb_is_documented() -> None:
    missing = [
        " ".join(path) for path in COMMANDS if f"`promote {' '.join(path)}".rstrip() not in TEXT["README.md"]
    ]
    assert not missing


def test_every_option_is_documented_and_every_documented_option_exists() -> None:
    known = {
        option
        for command in COMMANDS.values()
        for parameter in command.get_params(click.Context(command))
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    }
    known |= {"-h", "--help"}
    words = {word for _, span in spans() for word in OPTION.findall(span)}
    of_promote = {
        word
        for _, span in spans()
        if span.startswith(("promote", "-"))
        for word in OPTION.findall(span.split(" -- ")[0])
    }
    assert known <= words
    assert of_promote - FOREIGN_OPTIONS <= known


def test_make_targets_in_the_documents_exist_and_all_are_documented() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    named = {word for _, span in spans() for word in re.findall(r"^make ([a-z-]+)$", span)}
    assert named == targets
