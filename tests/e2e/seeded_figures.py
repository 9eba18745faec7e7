"""What was put into a stage, who saw it, and what came first: as a chapter of docs/performance.md."""

import os
import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field

from first_cause import Seen
from page import table, write_chapter
from seeding import Defect

CHOSEN = "STAGEGATE_DEFECTS"
# The kinds of what a gate must see, by the check that must come first; what is in none is of one host alone.
EFFECTIVE, JOURNALS, NEEDED = "effective", "journals", "dependencies"
ALONE = "each host"
KINDS = {
    EFFECTIVE: (
        *("runs_as_declared", "hosts_agree", "versions", "data_is_its_own", "clock", "time_outs_are_set"),
        *("commits_are_durable", "servers_are_the_hosts", "partition_is_handled"),
    ),
    JOURNALS: ("journal",),
    NEEDED: (
        *("dependencies_answer", "all_it_names_answers", "queues_are_quorum", "queues_have_leaders"),
        *("members_are_alive", "catalog_is_exact", "cells_are_mapped", "resource_providers_are_the_computes"),
    ),
}
TOO_LONG = re.compile(r"\S{160,}")
HEADER = ("defect", "kind", "on", "put in by", "seen by", "first cause", "there after s")
Row = Sequence[Defect]
Names = tuple[str, ...]


def chosen(defects: Sequence[Defect]) -> Iterator[Defect]:
    """Those of the defects that a person names in STAGEGATE_DEFECTS, to have each alone."""
    names = os.environ.get(CHOSEN, "").split()
    yield from (defect for defect in defects if defect.name in names)


def names_of(row: Row) -> Names:
    """The names of a row's defects."""
    return tuple(defect.name for defect in row)


def kind(defect: Defect) -> str:
    """Which kind of defects this one is of."""
    check = defect.first.rpartition("/")[2]
    return next((name for name, checks in KINDS.items() if check in checks), ALONE)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was seen of each row, by the names of its defects."""

    seen: MutableMapping[Names, Seen] = field(default_factory=dict)

    def write(self, title: str, rows: Sequence[Row]) -> None:
        """Write the chapter. Raises AssertionError, naming the first defects of rows that were not seen."""
        missing = [row[0].name for row in rows if names_of(row) not in self.seen]
        assert not missing, f"no figures of the rows that begin with {', '.join(missing)}"
        write_chapter(title, *chapter(rows, self.seen))


def chapter(rows: Sequence[Row], seen: Mapping[Names, Seen]) -> Iterator[str]:
    """The chapter's sections: how many there are, and a table for each row."""
    many = sum(map(len, rows))
    yield f"{many} defects, in {len(rows)} rows: those of a row are in the stage at once, during one gate.\n"
    for number, row in enumerate(rows, 1):
        one = seen[names_of(row)]
        yield f"Row {number}: the gate took {one.gate:.0f} s.\n"
        yield table(HEADER, [told(*each) for each in zip(row, one.there_after, strict=True)])


def as_code(script: str) -> str:
    """A script in one cell, as code; without what no person reads, such as a program that it carries."""
    text = TOO_LONG.sub("…", " ".join(script.split())).replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def told(defect: Defect, there_after: float) -> tuple[str, ...]:
    """The cells of a defect's row."""
    cut = f"no packet between {' and '.join(defect.cut)}" if defect.cut else ""
    command = "" if defect.put_in == "true" else as_code(defect.put_in)
    put_in = "; ".join(filter(None, (cut, command)))
    seen_by = ", ".join(f"`{check}`" for check in defect.checks)
    about = (f"`{defect.name}`", kind(defect), defect.hosts.replace("|", "\\|"))
    return (*about, put_in, seen_by, f"`{defect.first}`", f"{there_after:.1f}")
