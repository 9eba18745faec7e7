"""A ledger as lines of JSON, to be kept, or taken over by another ledger. Pure.

The first line says what follows: its format, and the head. Then comes a line for each event, with its number,
time, text and digest as they are stored.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pipeline.core.chain import GENESIS, Head, digest_of, parse_head
from pipeline.core.codec import plain, revive
from pipeline.core.rows import Row

FORMAT = "stagegate-ledger-1"


def lines(head: Head, rows: Iterable[Row]) -> Iterator[str]:
    """The lines of a ledger with this head. Rows that have no digest yet get the one that they will have."""
    yield json.dumps({"format": FORMAT, "head": str(head)})
    before = GENESIS
    for row in rows:
        if row.seq > head.seq:  # appended since the head was read
            return
        before = digest_of(before, row) if row.digest is None else row.digest
        yield json.dumps(plain(replace(row, digest=before)))


def parse(text: Iterable[str]) -> tuple[Head, tuple[Row, ...]]:
    """The head and the rows of an export, damaged ones included. Raises ValueError, which names the line."""
    numbered = enumerate(text, 1)
    _, first = next(numbered, (1, "{}"))
    about = _json(1, first)
    if about.get("format") != FORMAT:
        raise ValueError(f"line 1 does not say that its format is {FORMAT}")
    return parse_head(str(about.get("head"))), tuple(_row(number, line) for number, line in numbered)


def _row(number: int, line: str) -> Row:
    data = _json(number, line)
    try:
        found: Row = revive(Row, data)
    except (TypeError, ValueError) as problem:
        raise ValueError(f"line {number} is no event: {problem}") from problem
    if found.digest is None:
        raise ValueError(f"line {number} is no event: it has no digest")
    return found


def _json(number: int, line: str) -> Mapping[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise ValueError(f"line {number} is not JSON: {problem}") from problem
    if not isinstance(found, Mapping):
        raise ValueError(f"line {number} is not a JSON object")  # noqa: TRY004 - as for any line that is no event
    return found
