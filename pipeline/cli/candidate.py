"""The option of verbs that make a candidate of two repositories: which of them has changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pipeline.engine.choose import Changed


def with_candidate(command: Callable[..., int]) -> Callable[..., int]:
    """Decorate a verb that pins a release, above `common`, with the option for what has changed."""
    return click.option(
        "--candidate",
        type=click.Choice(["code", "config"]),
        help="Of two repositories: which has changed. Takes the newest revisions of both that fit each "
        "other. [env: STAGEGATE_CANDIDATE]",
    )(command)


def asked_for(candidate: str | None, release: str | None = None) -> Changed | None:
    """What a candidate is asked for, here or by the environment, which counts where no release is named."""
    from pipeline.engine.choose import Changed  # noqa: PLC0415 - keeps --help fast

    asked = candidate or (None if release else os.environ.get("STAGEGATE_CANDIDATE") or None)
    if candidate and release:
        raise click.UsageError("--candidate makes a release, and --release or --plan names one")
    if asked not in (None, *(one.value for one in Changed)):
        raise click.UsageError(f"STAGEGATE_CANDIDATE is {asked!r}, and may be code or config")
    return Changed(asked) if asked else None
