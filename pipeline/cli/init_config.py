"""`promote init config`: makes a config repository from the example of the checkout."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from pipeline.cli.call import Call, common
from pipeline.cli.render import counted
from pipeline.cli.result import print_result
from pipeline.core.errors import UsageProblem
from pipeline.engine.config_repository import Begun, begin, renew_schemas

_PROJECT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+")
_EPILOG = """\b
Examples:
  promote init config ../config --code cloud/stagegate     a new repository, with its first commit
  promote init config ../config --schemas                  the schemas again, after the code has changed
"""


@click.command("config", epilog=_EPILOG)
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--code", metavar="GROUP/PROJECT", help="The GitLab project of the code, whose pipeline promotes."
)
@click.option(
    "--schemas", is_flag=True, help="Write only the JSON schemas again, into a config that is there."
)
@common
def config(call: Call, directory: Path, code: str | None, schemas: bool) -> int:  # noqa: FBT001 - click's flag
    """Make DIR a git repository with the config of the checkout, to be versioned apart from the code.

    It gets a pipeline, which checks each change and then has the pipeline of the code promote it, a README,
    and JSON schemas by which editors complete and check what is typed. DIR must be new or empty.
    """
    if schemas == (code is not None):
        raise UsageProblem(
            "name the code's project, or ask for the schemas alone",
            where=str(directory),
            why="the pipeline of a new config repository has that of the code promote its changes",
            next=f"promote init config {shlex.quote(str(directory))} --code GROUP/PROJECT",
        )
    if code is not None and _PROJECT.fullmatch(code) is None:
        raise click.BadParameter(f"{code!r} is not the path of a project, such as cloud/stagegate")
    with call.workshop() as shop:
        done = renew_schemas(shop, directory) if code is None else begin(shop, directory, code)
    following = list(_following(done, directory))
    document = {
        "directory": str(directory),
        "files": list(done.files),
        "commit": done.commit,
        "next": following,
    }
    return print_result(call, document, _lines(done, directory, following))


def _following(done: Begun, directory: Path) -> Iterator[str]:
    git = f"git -C {shlex.quote(str(directory))}"
    if done.commit is not None:
        yield f"{git} remote add origin ADDRESS"
        yield f"{git} push --set-upstream origin main"
        yield f"promote check --config {shlex.quote(str(directory))}"
    elif done.files:
        yield f"{git} diff"
        yield f"{git} add .schemas"
        yield f"{git} commit --message 'Schemas of the present code'"


def _lines(done: Begun, directory: Path, following: list[str]) -> Iterator[str]:
    if not done.files:
        yield f"{directory} has the schemas of this code already; nothing was changed"
        return
    said = f"; its first commit is {done.commit[:12]}" if done.commit else ""
    yield f"wrote {counted(len(done.files), 'file')} into {directory}{said}:"
    yield from (f"  {name}" for name in done.files)
    yield from (f"next: {command}" for command in following)
