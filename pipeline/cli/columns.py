"""Tables as lines of text, at most as wide as asked. Pure."""

from collections.abc import Sequence
from itertools import zip_longest

_GAP = "  "
_LEAST = 6  # the width below which a column tells nothing
_CUT = "…"


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]], width: int | None) -> list[str]:
    """Lines of aligned columns, the header first.

    Where a table is wider than `width`, its widest columns become narrower: their cells wrap at blanks, and a
    word that is too long is cut, a path at its front. None: as wide as its cells, one line each. So is a
    table with too many columns for the width.
    """
    widths = [max(len(row[n]) for row in (header, *rows)) for n in range(len(header))]
    if width is not None:
        widths = _narrowed(widths, width - len(_GAP) * (len(widths) - 1))
    found = []
    for row in (header, *rows):
        cells = [_wrapped(cell, most) for cell, most in zip(row, widths, strict=True)]
        for parts in zip_longest(*cells, fillvalue=""):
            line = _GAP.join(part.ljust(most) for part, most in zip(parts, widths, strict=True))
            found.append(line.rstrip())
    return found


def _narrowed(widths: Sequence[int], room: int) -> list[int]:
    """The widths, the widest ones limited so that all of them fit; unchanged where they cannot."""
    most = max(widths, default=0)
    while most > _LEAST and sum(min(one, most) for one in widths) > room:
        most -= 1
    limited = [min(one, most) for one in widths]
    return limited if sum(limited) <= room else list(widths)


def _wrapped(cell: str, width: int) -> list[str]:
    if len(cell) <= width:
        return [cell]
    import textwrap  # noqa: PLC0415 - only for a table that is too wide

    words = " ".join(_cut(word, width) for word in cell.split())
    return textwrap.wrap(words, width, break_on_hyphens=False)


def _cut(word: str, width: int) -> str:
    if len(word) <= width:
        return word
    kept = width - len(_CUT)
    return _CUT + word[-kept:] if "/" in word else word[:kept] + _CUT
