"""Events to plain data and back, with the number of the schema."""

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from enum import Enum
from typing import Any

from pipeline.core import events as ev
from pipeline.core.errors import LedgerNotUnderstood
from pipeline.core.upcasting import upcast

SCHEMA = 2

EVENTS: Mapping[str, type] = {kind.__name__: kind for kind in typing.get_args(ev.Event)}


def encode(event: ev.Event) -> dict[str, Any]:
    """The event as JSON data: its name, the schema number, and its fields."""
    return {"event": type(event).__name__, "schema": SCHEMA, **plain(event)}


def decode(data: Mapping[str, Any]) -> ev.Event:
    """The event that this data encodes, in this schema or an older one. Raises LedgerNotUnderstood."""
    fields = dict(data)
    written, schema = fields.pop("event", None), fields.pop("schema", None)
    name = str(written)
    if isinstance(schema, int) and 0 < schema < SCHEMA:
        name, fields = upcast(name, fields, schema, SCHEMA)
    if not isinstance(schema, int) or not 0 < schema <= SCHEMA or name not in EVENTS:
        raise LedgerNotUnderstood(
            f"the ledger holds an event this version does not know: {written!r}, schema {schema!r}",
            why=f"it was written by a newer version; this one reads schema {SCHEMA}",
            next="use the newer version of promote",
        )
    try:
        return typing.cast("ev.Event", revive(EVENTS[name], fields))
    except (KeyError, TypeError, ValueError) as problem:
        raise LedgerNotUnderstood(f"the ledger holds a damaged {name}", why=str(problem)) from problem


def plain(value: Any) -> Any:  # noqa: ANN401 - any value that events are made of
    """Dataclasses as dicts, enums as their values, tuples as lists; anything else unchanged."""
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def revive(kind: Any, data: Any) -> Any:  # noqa: ANN401, PLR0911 - a type goes in, a value of it comes out
    """The value of type `kind` that `plain` turned into `data`.

    Ignores unknown fields; missing ones get their defaults. Raises KeyError, TypeError or ValueError when
    `data` does not fit.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if data is None and types.NoneType in arguments:
            return None
        return revive(next(item for item in arguments if item is not types.NoneType), data)
    if origin is tuple:
        return tuple(revive(arguments[0], item) for item in data)
    if origin is Mapping:
        return {key: revive(arguments[1], item) for key, item in data.items()}
    if dataclasses.is_dataclass(kind):
        return _revive_fields(kind, data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if kind in (str, int, bool) and type(data) is not kind:
        raise TypeError(f"{data!r} is not a {kind.__name__}")
    return float(data) if kind is float else data


def _revive_fields(kind: Any, data: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as revive
    if not isinstance(data, Mapping):
        raise TypeError(f"{data!r:.80} is not a {kind.__name__}")
    hints = _hints(kind)
    return kind(**{name: revive(hint, data[name]) for name, hint in hints.items() if name in data})


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)
