"""From the scripts of two releases to a review, in which what a person wrote before is kept. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from stages.errors import ReviewImpossible
from stages.machine.schema_review.operations import operations
from stages.machine.schema_review.scripts import Migration, Place, heads
from stages.openstack.review import Effect, Heads, Operation, Review, Script


@dataclass(frozen=True, slots=True)
class Both:
    """The scripts of one schema by revision, as two releases have them."""

    place: Place
    before: Mapping[str, Migration]
    after: Mapping[str, Migration]


def scripts(both: Both) -> tuple[Script, ...]:
    """Those that the new release runs before contract and the old one does not have, in the order of files.

    A release may move a script to another folder, so its revision tells whether it is new.
    """
    new = [made for name, made in both.after.items() if name not in both.before and not made.contracts]
    return tuple(_script(both.place, made) for made in sorted(new, key=lambda made: made.file))


def heads_of(both: Both) -> Heads:
    """How the schema's heads go. Raises ReviewImpossible if the new release does not know the old ones."""
    before = heads(both.before.values())
    if lost := set(before) - both.after.keys():
        raise ReviewImpossible(
            f"the new release has no script {', '.join(sorted(lost))} of {both.place.schema}",
            why="the old release ends there, so the new one's commands would not find their way",
            next="see the release notes: there may be a step that upstream supports instead",
        )
    expanded = [made for name, made in both.after.items() if name in both.before or not made.contracts]
    return Heads(before, heads(expanded), heads(both.after.values()))


def merged(made: Review, kept: Review | None) -> Review:
    """The new review with what was written in the one that was kept.

    Where a script has changed since, the digest that was read stays: the plan refuses until somebody has read
    the script again. An operation that was not there is not reviewed.
    """
    had = {(script.schema, script.revision): script for script in (kept.scripts if kept else ())}
    joined = (_joined(script, had.get((script.schema, script.revision))) for script in made.scripts)
    return replace(made, scripts=tuple(joined))


def _script(place: Place, made: Migration) -> Script:
    found = operations(made.text, place.package)
    return Script(place.schema, made.revision, made.file, made.digest, made.digest, found)


def _joined(script: Script, had: Script | None) -> Script:
    written = {(one.effect, one.what): one.reviewed for one in (had.operations if had else ())}
    joined = tuple(_with(operation, written) for operation in script.operations)
    read = had.read if had is not None and any(one.reviewed for one in joined) else script.digest
    return replace(script, read=read, operations=joined)


def _with(operation: Operation, written: Mapping[tuple[Effect, str], str]) -> Operation:
    return replace(operation, reviewed=written.get((operation.effect, operation.what), ""))
