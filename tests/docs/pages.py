"""The documents as tests read them: text, inline code, fenced blocks, tables."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")])
TEXT = {path.relative_to(ROOT).as_posix(): path.read_text() for path in DOCS}

FENCE = re.compile(r"^[ ]*```(\w*)\n(.*?)^[ ]*```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)


def prose(text: str) -> str:
    return FENCE.sub("", text)


def fenced(*languages: str) -> Iterator[tuple[str, str]]:
    for name, text in TEXT.items():
        yield from ((name, body) for language, body in FENCE.findall(text) if language in languages)


def spans() -> Iterator[tuple[str, str]]:
    """Every piece of inline code, with the document it stands in."""
    for name, text in TEXT.items():
        yield from ((name, span) for span in CODE.findall(prose(text)))


def table(document: str, heading: str) -> list[list[str]]:
    """The rows below a heading, without the header, cells stripped of blanks."""
    below = TEXT[document].split(f"# {heading}\n", 1)[1]
    section = re.split(r"^#+ ", below, maxsplit=1, flags=re.MULTILINE)[0]
    rows = [[cell.strip() for cell in row.split("|")] for row in ROW.findall(prose(section))]
    return rows[2:]


def names(cell: str) -> list[str]:
    return CODE.findall(cell)
