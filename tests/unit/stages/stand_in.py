"""Small programs in Python that run in place of real ones, from a folder that comes first on PATH."""

import sys
from pathlib import Path

from programs import executable


def install(folder: Path, name: str, text: str) -> None:
    executable(folder / name, f"#!{sys.executable}\n{text}")
