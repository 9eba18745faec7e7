"""`promote line`: the rules of this site, which no release can change."""

from pathlib import Path

import click

from pipeline.cli.call import Call, ask, common
from pipeline.cli.line_table import line_lines
from pipeline.cli.render import counted
from pipeline.cli.result import print_result
from pipeline.core.codec import plain
from pipeline.core.errors import NotEligible, UsageProblem
from pipeline.core.line import Line, difference
from pipeline.core.release import find_release
from pipeline.engine.line import line_from, set_line
from pipeline.workshop import Workshop

_EPILOG = """\b
Examples:
  promote line show                    the stages, their order and gates
  promote line show --yaml > line.yaml
  promote line set line.yaml           shows the difference and asks
  promote line set --from r7 --yes     what the config of r7 describes
"""


@click.group("line", epilog=_EPILOG)
def verb() -> None:
    """The rules of this site: order of stages, required gates, and the least that each gate must see.

    A new site takes them from its first release. A release may add gates and checks, and take none away.
    """


@verb.command("show")
@click.option("--yaml", "as_yaml", is_flag=True, help="As the file that `promote line set` reads.")
@common
def show(call: Call, as_yaml: bool) -> int:  # noqa: FBT001 - click's flag
    """Show the line."""
    with call.workshop() as shop:
        line = shop.history().line
    if line is None:
        raise NotEligible(
            "this site has no line yet", why="its first promotion sets it", next="promote --stage dev"
        )
    if as_yaml and not call.json:
        from pipeline.cli.line_text import written  # noqa: PLC0415 - YAML is for this alone

        click.echo(written(line), nl=False)
        return 0
    return print_result(call, {"line": plain(line)}, line_lines(line))


@verb.command("set")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--from", "release", metavar="R", help="Take it from the config of this release instead.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common
def set_(call: Call, file: Path | None, release: str | None, yes: bool) -> int:  # noqa: FBT001 - click's flag
    """Set the line from FILE, after showing what changes.

    With --from, identity and the policy of stages stay: no config describes them.

    What is verified stays so as a goal of rollbacks; to enter the next stage it must have passed what the new
    line asks.
    """
    if (file is None) == (release is None):
        raise click.UsageError("name a file or --from a release")
    with call.workshop() as shop:
        before = shop.history().line
        line, source = _read(shop, file, release)
        changes = difference(before, line)
        if changes and not yes:
            _confirm(call, changes)
        if changes:
            set_line(shop, line, source, expected=before)
    document = {"line": plain(line), "changes": list(changes)}
    return print_result(call, document, [*changes, f"line set from {source}"] if changes else ["no change"])


def _read(shop: Workshop, file: Path | None, release: str | None) -> tuple[Line, str]:
    if file is not None:
        from pipeline.cli.line_file import read  # noqa: PLC0415 - YAML is for this alone

        return read(file), file.name
    history = shop.history()
    found = find_release(history.releases.values(), release or "")
    line = line_from(shop.deployer, history, found)
    return line.with_policy_of(history.line) if history.line else line, found.alias


def _confirm(call: Call, changes: tuple[str, ...]) -> None:
    """Show the difference and ask. Raises UsageProblem on a no, and where nobody can answer."""
    if not call.can_ask:
        raise UsageProblem(
            f"the line would change ({counted(len(changes), 'rule')}), which needs confirmation",
            why="; ".join(changes[:3]),
            next="add --yes",
        )
    for change in changes:
        click.echo(change, err=True)
    ask("set this line?", "promote line show")
