"""A config as it would be: read from a copy, so that nothing is changed that turns out to be invalid."""

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from stages.config import Config, ConfigProblems, Problem, read


def read_with(directory: Path, texts: Mapping[Path, str]) -> tuple[Config | None, list[Problem]]:
    """The config as it would be with these texts of its files, or its problems and their places."""
    with tempfile.TemporaryDirectory(prefix="stagegate-config-") as name:
        copy = Path(name) / "config"
        shutil.copytree(directory, copy, ignore=shutil.ignore_patterns(".git"))
        for file, text in texts.items():
            (copy / file.relative_to(directory)).write_bytes(text.encode("utf-8"))
        try:
            return read(copy), []
        except ConfigProblems as error:
            return None, [
                replace(problem, file=str(directory / Path(problem.file).relative_to(copy)))
                for problem in error.problems
            ]
