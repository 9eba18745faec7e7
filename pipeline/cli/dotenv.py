"""Variables for later jobs, in a file that GitLab reads (`artifacts:reports:dotenv`)."""

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from pipeline.core.errors import UsageProblem

RELEASE = "STAGEGATE_RELEASE"
ATTEMPT = "STAGEGATE_ATTEMPT"


def with_dotenv(command: Callable[..., int]) -> Callable[..., int]:
    """Decorate a verb, above `common`, with the option for where it leaves variables."""
    return click.option(
        "--dotenv",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write what later jobs need to know there, as variables.",
    )(command)


def write_dotenv(path: Path | None, variables: Mapping[str, str]) -> None:
    """Write the variables, one a line; do nothing without a path. Raises UsageProblem."""
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{name}={value}\n" for name, value in variables.items()), encoding="utf-8")
    except OSError as problem:
        raise UsageProblem("the variables can't be written", where=str(path), why=str(problem)) from problem
