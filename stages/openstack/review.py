"""What a person has to say about migrations before they may run under the old release's code. Pure.

"Expand only adds" is not true: such scripts have dropped tables, deleted rows and made columns NOT NULL. What
they do is found by stages/machine/schema_review; what it means for the old code, a person writes beside it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from stages.design.parts import Refused

FOLDER = "stages/machine/images/reviews"
COMMAND = ".venv/bin/python -m stages.machine.schema_review"


class Effect(Enum):
    """What an operation does to the tables and rows that the old code uses."""

    DROPS = "drops"  # a table, column, index or constraint
    DELETES = "deletes"  # rows
    RENAMES = "renames"
    TIGHTENS = "tightens"  # what was accepted may be refused: NOT NULL, unique, another type
    RESTRICTS = "restricts"  # a new table's rows forbid that rows of an old one are deleted
    CHANGES = "changes"  # a default, a character set, a trigger
    WRITES = "writes"  # rows
    UNSEEN = "unseen"  # something that can't be read from the script


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a script that is not a plain addition.

    `what` is its code in one line. `reviewed` is what a person found out: what the old code does there, and
    which check of the gate writes there; empty if nobody did.
    """

    effect: Effect
    line: int
    what: str
    reviewed: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """A migration script that the new release runs before contract and that the old release does not have.

    `digest` is that of its text, and `read` that of the text which the reviewer read, both SHA-256 in hex.
    """

    schema: str
    revision: str
    file: str
    digest: str
    read: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Heads:
    """The rows of a schema's table `alembic_version`: with the old release, after expand, after contract."""

    before: tuple[str, ...]
    expanded: tuple[str, ...]
    contracted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """What was found from one release to the next. `versions` are those read, by release and distribution."""

    before: str
    after: str
    versions: Mapping[str, Mapping[str, str]]
    scripts: tuple[Script, ...]
    heads: Mapping[str, Heads] = field(default_factory=dict)  # by schema

    @property
    def file(self) -> str:
        """Where it is kept."""
        return f"{FOLDER}/{self.before}-{self.after}.toml"

    @property
    def command(self) -> str:
        """What brings it up to date."""
        return f"{COMMAND} {self.before} {self.after}"


def missing(before: str, after: str) -> Refused:
    """Nobody has reviewed this step."""
    none = Review(before, after, {}, ())
    return Refused(
        f"nobody has reviewed what the migrations from {before} to {after} drop, delete or tighten under the "
        "old code",
        f"{none.command}, then write each `reviewed` in {none.file}",
    )


def problems(review: Review, locked: Mapping[str, Mapping[str, str]]) -> tuple[Refused, ...]:
    """Why the review doesn't cover these versions, by release and distribution; empty if it does."""
    found = []
    if others := list(_others(review, locked)):
        found.append(
            Refused(f"{review.file} is of other versions than the locks: {'; '.join(others)}", review.command)
        )
    if changed := [script for script in review.scripts if script.operations and script.read != script.digest]:
        names = ", ".join(f"{script.schema} {script.revision}" for script in changed)
        found.append(
            Refused(
                f"{review.file}: scripts have changed since they were reviewed: {names}",
                "read them again, correct each `reviewed`, and set `read` to `digest`",
            )
        )
    if unread := list(_unread(review)):
        found.append(
            Refused(
                f"{review.file}: nobody has reviewed that {'; '.join(unread)}",
                f"write each `reviewed` in {review.file}: what the old code does there, and which check of "
                "the gate writes there",
            )
        )
    return tuple(found)


def _others(review: Review, locked: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """The distributions of which the review read another version, or none."""
    for release in (review.before, review.after):
        read, has = review.versions.get(release, {}), locked.get(release, {})
        for name in sorted(read.keys() | has.keys()):
            if read.get(name) != has.get(name):
                yield f"{release} {name} {read.get(name, 'none')}, not {has.get(name, 'none')}"


def _unread(review: Review) -> Iterator[str]:
    for script in review.scripts:
        for operation in script.operations:
            if not operation.reviewed.strip():
                where = f"{script.schema} {script.revision} line {operation.line}"
                yield f"{where} {operation.effect.value} ({operation.what[:80]})"
