"""The steps of a plan as one table: each step has a number, and names those before it by theirs."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from pipeline.cli.render import table
from pipeline.core.plan import Step


def steps_table(steps: Sequence[Step], before: Sequence[Step] = (), beside: int = 0) -> list[str]:
    """One row for each step; `before` are those of earlier tables, `beside` is as of `table`."""
    numbers = {step.id: number for number, step in enumerate((*before, *steps), 1)}
    rows = [
        (str(numbers[step.id]), step.id, _what(step), ranges(numbers[need] for need in step.needs) or "-")
        for step in steps
    ]
    return table(("#", "STEP", "WHAT", "AFTER"), rows, beside)


def ranges(numbers: Iterable[int]) -> str:
    """Numbers as text, those that follow one another joined: `1-4,7`."""
    return ",".join(
        str(first) if first == last else f"{first}-{last}" for first, last in _runs(sorted(numbers))
    )


def _runs(ordered: Sequence[int]) -> Iterator[tuple[int, int]]:
    ends = [last for last, following in pairwise(ordered) if following != last + 1]
    starts = [following for last, following in pairwise(ordered) if following != last + 1]
    yield from zip([*ordered[:1], *starts], [*ends, *ordered[-1:]], strict=True)


def _what(step: Step) -> str:
    undone = "" if step.undo.possible else f" (can't be undone: {step.undo.why or 'not said'})"
    return f"{step.title}{undone}"
