"""A copy of what a run left, for whoever collects files from the checkout: a CI server takes nothing else."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.engine.result import RunResult

RELEASE = "release"


def copy_evidence(result: RunResult, site: Path, into: Path) -> None:
    """Copy each promotion of the run to `into/<promotion>/`, and its release's id to the file `into/release`.

    What cannot be copied is said on stderr and changes nothing else: the run is what the ledger says, and the
    evidence stays in the site.
    """
    try:
        into.mkdir(parents=True, exist_ok=True)
        for promotion in result.promotions:
            left = site / "runs" / promotion.id
            if left.is_dir():
                shutil.copytree(left, into / promotion.id, symlinks=True, dirs_exist_ok=True)
        (into / RELEASE).write_text(f"{result.promotion.release}\n")
    except (OSError, shutil.Error) as problem:
        click.echo(f"the evidence in {site / 'runs'} could not be copied into {into}: {problem}", err=True)
