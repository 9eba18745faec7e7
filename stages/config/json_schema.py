"""JSON Schemas of the config's files, for editors: made of the shapes by which the reader validates them.

A schema knows keys, types and names. What depends on several values, such as one timer that must be longer
than another, only `promote check` tells.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from stages import roles as known_roles
from stages.config import roles
from stages.config.canary import CanaryShape
from stages.config.inventory import InventoryShape
from stages.config.models import SUBSTRATES, AgainShape, GateShape, LoadShape, SiteShape, StageShape
from stages.config.reading import LOCKS
from stages.design.strategy import Strategy
from stages.machine.references import PATTERN

DIALECT = "http://json-schema.org/draft-07/schema#"  # the newest that yaml-language-server knows whole
PARTS_OF_GATES: Mapping[str, type[BaseModel]] = {"load": LoadShape, "again": AgainShape}

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FileSchema:
    """The schema of some files of a config: `name` is that of its own file, `files` a pattern of theirs."""

    name: str
    files: str
    schema: Schema


def json_schemas() -> tuple[FileSchema, ...]:
    """The schemas of all files of a config. Each file matches one pattern."""
    return (
        _of("stagegate.json", "stagegate.yaml", _site()),
        _of("stage.json", "stages/*.yaml", _stage()),
        _of("roles.json", "roles.yaml", _roles()),
        _of("gates.json", "gates.yaml", _gates()),
    )


def _of(name: str, files: str, schema: Schema) -> FileSchema:
    return FileSchema(name, files, {"$schema": DIALECT, "title": f"Stagegate: {files}", **_tidied(schema)})


def _tidied(part: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Without what would mislead an editor: names of classes, words about the code, numbers as texts."""
    if isinstance(part, list):
        return [_tidied(one) for one in part]
    if not isinstance(part, dict):
        return part
    said = {key for key in ("title", "description") if isinstance(part.get(key), str)}
    if part.get("type") == "string" and not isinstance(part.get("default"), str):
        said.add("default")
    return {key: _tidied(value) for key, value in part.items() if key not in said}


def _site() -> Schema:
    schema = SiteShape.model_json_schema()
    schema["properties"]["openstack"] |= {"enum": sorted(path.stem for path in LOCKS.glob("*.txt"))}
    return schema


def _stage() -> Schema:
    """The stage's shape, with the shapes of what it leaves to others instead of "anything"."""
    schema, inventory = StageShape.model_json_schema(), InventoryShape.model_json_schema()
    definitions = inventory.pop("$defs")
    own = schema["properties"]
    own["substrate"] |= {"enum": list(SUBSTRATES)}
    own["strategy"] = {"enum": [one.value for one in Strategy]}
    own["canary"], own["inventory"] = CanaryShape.model_json_schema(), inventory
    own["secrets"] = {
        "type": "object",
        "propertyNames": {"enum": sorted(_secrets())},
        "additionalProperties": {"type": "string", "pattern": PATTERN},
    }
    own["roles"] |= _closed({role: _count(role) for role in roles.NAMES})
    own["settings"] |= _closed({role: _settings(role, partial=True) for role in roles.NAMES})
    return {**schema, "$defs": definitions}


def _roles() -> Schema:
    properties = {role: _settings(role, partial=False) for role in roles.NAMES}
    return {"type": "object", **_closed(properties), "required": list(roles.NAMES)}


def _gates() -> Schema:
    schema, components = GateShape.model_json_schema(), _components()
    for part in ("each_host", "once", "budgets"):
        schema["properties"][part] |= {"propertyNames": {"enum": components}}
    schema.pop("$defs")
    schema["properties"] |= {name: shape.model_json_schema() for name, shape in PARTS_OF_GATES.items()}
    return {"type": "object", "minProperties": 1, "additionalProperties": schema}


def _settings(role: str, *, partial: bool) -> Schema:
    """The settings of a role; a part of them is enough for a stage, which overrides single ones."""
    schema = roles.shape(role).model_json_schema()
    if partial:
        schema.pop("required", None)
    return schema


def _count(role: str) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": roles.most(role)}


def _closed(properties: Mapping[str, Schema]) -> Schema:
    return {"properties": dict(properties), "additionalProperties": False}


def _secrets() -> set[str]:
    return {secret.name for role in roles.NAMES for secret in known_roles.load(role).secrets}


def _components() -> list[str]:
    return sorted({name for role in roles.NAMES for name in known_roles.load(role).components})
