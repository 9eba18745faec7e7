"""A config that a test changes, and what is reported about it."""

from pathlib import Path

import pytest

from stages.config import ConfigProblems, read

SHIPPED = Path(__file__).parents[3] / "config"


def replace(config: Path, name: str, old: str, new: str) -> None:
    """Replace a text that one of its files contains once."""
    text = (config / name).read_text()
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}"
    (config / name).write_text(text.replace(old, new))


def append(config: Path, name: str, text: str) -> None:
    """Add a text to one of its files."""
    with (config / name).open("a") as file:
        file.write(text)


def refused(config: Path) -> ConfigProblems:
    """The error that it is refused with."""
    with pytest.raises(ConfigProblems) as caught:
        read(config)
    return caught.value


def told(config: Path) -> list[str]:
    """Its problems, `file:line:column: message (hint)`, where the file is relative to the config."""
    return [str(problem).replace(f"{config}/", "") for problem in refused(config).problems]
