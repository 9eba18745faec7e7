"""Beginning a config repository: the example of the checkout, with what editors and GitLab need beside it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.engine.choose import graph_at_hand
from pipeline.tool_ports import FileSchema
from pipeline.workshop import Workshop

SCHEMAS = ".schemas"
CODE = "@@CODE_PROJECT@@"
_MODELINE = "# yaml-language-server: $schema="


@dataclass(frozen=True, slots=True)
class Begun:
    """What was written, by path. `commit` is None if only schemas were, which a person commits."""

    files: tuple[str, ...]
    commit: str | None = None


def begin(shop: Workshop, directory: Path, project: str) -> Begun:
    """Make the directory a repository with the checkout's example of a config, and commit it.

    `project` is the path of the code's project in GitLab. Raises ConfigProblems if the example is invalid,
    UsageProblem if the directory is not empty, or git refuses.
    """
    graph_at_hand(shop, None)
    files = composed(shop.beginnings.example(), shop.tools.json_schemas(), project)
    return Begun(tuple(sorted(files)), shop.beginnings.begin(directory, files))


def renew_schemas(shop: Workshop, directory: Path) -> Begun:
    """Write the schemas of the checkout's code into a config repository. Raises UsageProblem."""
    return Begun(tuple(shop.beginnings.renew(directory, _written(shop.tools.json_schemas()))))


def composed(
    example: Mapping[str, bytes], schemas: Sequence[FileSchema], project: str
) -> Mapping[str, bytes]:
    """The files of a new config repository, by path; some are not text, such as secrets of age. Pure."""
    mark, named = CODE.encode(), project.encode()
    own = {name: _modeline(name, schemas) + data.replace(mark, named) for name, data in example.items()}
    return {**own, **_written(schemas)}


def _written(schemas: Sequence[FileSchema]) -> dict[str, bytes]:
    return {f"{SCHEMAS}/{one.name}": f"{json.dumps(one.schema, indent=2)}\n".encode() for one in schemas}


def _modeline(name: str, schemas: Sequence[FileSchema]) -> bytes:
    """The line by which editors find the schema of a file; nothing for a file without one."""
    path = PurePosixPath(name)
    fitting = [one.name for one in schemas if path.match(one.files) and len(path.parts) == _depth(one.files)]
    up = "../" * (len(path.parts) - 1)
    return f"{_MODELINE}{up}{SCHEMAS}/{fitting[0]}\n".encode() if fitting else b""


def _depth(pattern: str) -> int:
    return len(PurePosixPath(pattern).parts)
