"""Find the reason for a program's failure in its output."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:  # not imported on a host: typing would double the startup time
    from collections.abc import Iterator

# Patterns in program output: an error of oslo.log, a line of a traceback, a Python warning, and text that
# names an error. They are compiled only when something fails.
LOGGED = r"\d{4}-\d\d-\d\d \S+ \d+ (ERROR|CRITICAL) \S+( \[[^]]*\])?( |$)"
CHAINED = ("During handling of the above exception", "The above exception was the direct cause")
FRAME = r"\s*File \".*\", line \d+"
WARNING = r"\S+:\d+: \w*Warning:"
ERROR = r"\b(ERROR|CRITICAL|FATAL|Error|error|fatal)\b|^[\w.]+(Error|Exception): "
LINES_OF_AN_ERROR, LINES_OF_A_WARNING = 3, 12


def last_lines(text: str, count: int = 20) -> str:
    """The end of a program's output, which has the reason for its failure."""
    return "\n".join(text.strip().splitlines()[-count:])


def last_error(text: str) -> str:
    """The last error in a failed program's output, else the end of the output.

    A traceback is reduced to the exception raised, preceded by the first one of its chain, since errors of
    cleanup come last. Python's warnings, which address library authors, are left out.
    """
    told: list[tuple[str, int, int]] = []  # a line, its rank as an error, where its chain begins
    raising, chain = False, -1
    for line in without_warnings(text.strip().splitlines()):
        logged = re.match(LOGGED, line)
        said = line[logged.end() :] if logged else line
        if said.startswith("Traceback (most recent call last)") or re.match(FRAME, said):
            raising = True
        elif said.startswith(CHAINED):
            chain = told[-1][2] if told else -1
        elif said.strip() and not (raising and said[:1].isspace()):
            error = 2 if raising or logged or re.match(ERROR, said) else 1 if re.search(ERROR, line) else 0
            told.append((said if raising else line, error, len(told) if chain < 0 else chain))
            raising, chain = False, -1
    most = max((error for _, error, _ in told), default=0)
    if not most:
        return "\n".join(line for line, _, _ in told[-20:]) or last_lines(text)
    last = max(number for number, (_, error, _) in enumerate(told) if error == most)
    first = told[last][2]
    lines = [line for line, _, _ in told[last:][:LINES_OF_AN_ERROR]]
    return "\n".join(lines if first == last else [told[first][0], *lines])


def without_warnings(lines: list[str]) -> Iterator[str]:
    """The lines without Python's warnings: each is a place, a text, and the indented line it is about."""
    number = 0
    while number < len(lines):
        if re.match(WARNING, lines[number]):
            after = lines[number + 1 : number + 1 + LINES_OF_A_WARNING]
            number += next((count for count, line in enumerate(after, 1) if line.startswith("  ")), 0)
        else:
            yield lines[number]
        number += 1
