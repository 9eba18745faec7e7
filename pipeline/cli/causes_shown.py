"""The causes of what a gate found, as text, with their likely consequences folded and counted."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.cli.found import Found
from pipeline.cli.render import counted
from pipeline.core.causes import Cause
from pipeline.core.verdict import Finding


def cause_lines(found: Found, site: Path, *, unfolded: bool = False) -> Iterator[str]:
    """Each cause with what it saw and the command to look at it, and its consequences counted, or all."""
    for cause in found.causes:
        yield f"  {_line(cause.finding)}"
        if found.evidence.reliance.units:  # an older release tells neither of units nor of what rests on what
            yield f"    look: {found.look(cause, site)}"
        if cause.consequences:
            yield f"    {folded(cause)}"
        if unfolded:
            yield from (f"      {_line(one)}" for one in cause.consequences)


def folded(cause: Cause) -> str:
    """Its consequences in one line: how many, and of which components."""
    of = ", ".join(f"{name} {count}" for name, count in cause.counted.items())
    also = f"; {cause.shared} of them may come of another cause" if cause.shared else ""
    return f"{counted(len(cause.consequences), 'likely consequence')}: {of}{also}"


def others(causes: Sequence[Cause]) -> str:
    """What there is besides the first cause itself, in brackets after a space; empty if there is nothing."""
    consequences, more = len(causes[0].consequences), len(causes) - 1
    told = [counted(consequences, "likely consequence")] if consequences else []
    told += [counted(more, "other cause")] if more else []
    return f" ({', '.join(told)})" if told else ""


def _line(one: Finding) -> str:
    return f"{one.verdict.value}: {one.name()} on {one.host}: {one.seen}"
