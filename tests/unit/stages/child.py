"""Python with this code in a process of its own, as the engine starts it."""

import subprocess
import sys

from stage_sample import SHIPPED

CODE = SHIPPED.parent


def python(*argv: str, text: str = "", stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    """Run Python with `text` on stdin, to its end."""
    return subprocess.run(
        [sys.executable, *argv],
        input=text,
        cwd=CODE,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
