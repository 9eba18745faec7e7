"""Small programs in Python that run in place of real ones, from a folder that comes first on PATH."""

import sys
from pathlib import Path


def install(folder: Path, name: str, text: str) -> None:
    program = folder / name
    program.write_text(f"#!{sys.executable}\n{text}")
    program.chmod(0o755)
