"""gitlab-ci-local: runs jobs of a pipeline file without a GitLab. It ignores resource groups.

Where a child pipeline fails, it says that its trigger job passed; so run each child as a file of its own.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

PACKAGE = "gitlab-ci-local@4.73.0"  # the newest that runs on Node 20

needs_node = pytest.mark.skipif(
    not all(shutil.which(program) for program in ("node", "npm", "rsync")),
    reason="gitlab-ci-local needs node (20 or newer), npm and rsync",
)


def installed(folder: Path) -> Path:
    """Install it into this folder; return the program."""
    quiet = ("--silent", "--no-audit", "--no-fund", "--no-package-lock")
    subprocess.run(("npm", "install", *quiet, "--prefix", folder, PACKAGE), check=True)
    return folder / "node_modules/.bin/gitlab-ci-local"


def arguments(state: Path, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Those of each call in a checkout: jobs work in copies of what is committed, below `state`.

    `state` is beside the checkout: within, it would be a change that no release can hold.
    """
    given = [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
    known = ("--ignore-predefined-vars", "CI_PIPELINE_SOURCE")
    return (
        "--state-dir",
        f"../{state.name}",
        "--shell-isolation",
        "--no-artifacts-to-source",
        *known,
        *given,
    )


def named(repository: Path) -> None:
    """Give the checkout an address; it reads host, group and project from there, and asks nothing of it."""
    address = ("config", "remote.origin.url", "git@gitlab.invalid:stagegate/stagegate.git")
    subprocess.run(("git", *address), cwd=repository, check=True)


def run_local(program: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    inherited = {name: value for name, value in os.environ.items() if name != "STAGEGATE_SITE"}
    return subprocess.run(
        (program, *words), cwd=cwd, env=inherited, capture_output=True, text=True, check=False
    )
