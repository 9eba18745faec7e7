"""Programs that tests write, and run to their end."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


def executable(path: Path, text: str) -> Path:
    """Write a program that can be run by its path; its first line says by what."""
    path.write_text(text)
    path.chmod(0o755)
    return path


def ended(
    *argv: str | Path,
    given: str | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    first_on_path: Path | None = None,
    check: bool = False,
) -> subprocess.CompletedProcess[str]:
    """How a program ended, and what it printed, as text.

    It is `given` this text on stdin. `first_on_path` is a folder whose programs come before all others.
    Raises CalledProcessError if it failed, with `check`, and TimeoutExpired after two minutes.
    """
    if first_on_path is not None:
        env = {"PATH": f"{first_on_path}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        argv, input=given, cwd=cwd, env=env, check=check, capture_output=True, text=True, timeout=120
    )
