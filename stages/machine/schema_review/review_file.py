"""The file of a review: TOML, written by the command and completed by a person."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit

from stages.machine.images.reviews import HEADS
from stages.openstack.review import Operation, Review, Script

_INTRODUCTION = """\
What the migrations from {before} to {after} do before contract, besides adding, while the old code serves.
Made by: {command}
`reviewed` is a person's: what the old code does there, and which check of the gate writes there.
`read` is the digest of the script that they read: where it is not `digest`, the script has changed since."""


def text(review: Review) -> str:
    """The file's text."""
    document = tomlkit.document()
    introduction = _INTRODUCTION.format(before=review.before, after=review.after, command=review.command)
    for line in introduction.splitlines():
        document.add(tomlkit.comment(line))
    document.add(tomlkit.nl())
    document.update({"before": review.before, "after": review.after, "versions": _plain(review.versions)})
    for schema, heads in review.heads.items():
        table = {name: list(getattr(heads, name)) for name in HEADS}
        document.setdefault("heads", tomlkit.table(is_super_table=True)).add(schema, table)
    if review.scripts:
        document.add("script", _all(map(_script, review.scripts)))
    return tomlkit.dumps(document).rstrip("\n") + "\n"


def write(review: Review, folder: Path) -> None:
    """Write the file into this folder, over the one that is there."""
    (folder / Path(review.file).name).write_text(text(review), encoding="utf-8")


def _script(script: Script) -> dict[str, Any]:
    parts = {name: getattr(script, name) for name in ("schema", "revision", "file", "digest", "read")}
    found = {"operation": _all(map(_operation, script.operations))} if script.operations else {}
    return {**parts, **found}


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "effect": operation.effect.value,
        "line": operation.line,
        "what": operation.what,
        "reviewed": tomlkit.string(operation.reviewed, multiline=True) if operation.reviewed else "",
    }


def _all(tables: Any) -> Any:  # noqa: ANN401 - tomlkit's own kinds
    listed = tomlkit.aot()
    for entries in tables:
        table = tomlkit.table()
        table.update(entries)
        listed.append(table)
    return listed


def _plain(versions: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {release: dict(sorted(of.items())) for release, of in versions.items()}
