"""Events to plain data and back, with the number of the schema."""

import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Collection, Mapping
from enum import Enum
from typing import Any

from pipeline.core import events as ev
from pipeline.core.errors import LedgerDamaged, LedgerNotUnderstood
from pipeline.core.upcasting import oldest, upcast

SCHEMA = 9
_EXACT = (str, int, bool)  # types whose values are as JSON has them

EVENTS: Mapping[str, type] = {kind.__name__: kind for kind in typing.get_args(ev.Event)}


def encode(event: ev.Event) -> dict[str, Any]:
    """The event as JSON data: its name, the number of the oldest schema that can hold it, and its fields."""
    name = type(event).__name__
    schema, fields = oldest(name, plain(event))
    return {"event": name, "schema": schema, **fields}


def decode(data: object) -> ev.Event:
    """The event that this JSON data encodes, in this schema or an older one.

    Raises LedgerNotUnderstood for a newer schema, and LedgerDamaged, with what is wrong with "it", for any
    other data.
    """
    if not isinstance(data, Mapping):
        raise LedgerDamaged(f"it is not an object but {data!r:.80}")
    fields = dict(data)
    name, schema = fields.pop("event", None), fields.pop("schema", None)
    if type(schema) is not int or schema < 1:
        raise LedgerDamaged(f"its schema is {schema!r:.80}")
    if schema > SCHEMA:
        raise LedgerNotUnderstood(
            f"it has schema {schema}; this version reads {SCHEMA}", next="use the newer version of promote"
        )
    known, fields = upcast(str(name), fields, schema, SCHEMA)
    if known not in EVENTS:
        raise LedgerDamaged(f"no event of schema {schema} is named {name!r:.80}")
    try:
        return typing.cast("ev.Event", revive(EVENTS[known], fields))
    except (TypeError, ValueError) as problem:
        raise LedgerDamaged(f"{known}: {problem}") from problem


def plain(value: Any) -> Any:  # noqa: ANN401 - any value that events are made of
    """Dataclasses as dicts, enums as their values, tuples and sets as lists; anything else unchanged."""
    if value is None or isinstance(value, str):  # first, since most values are
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in _names(type(value))}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | frozenset):
        items = [plain(item) for item in value]
        return sorted(items) if isinstance(value, frozenset) else items
    return value


def revive(kind: Any, data: Any) -> Any:  # noqa: ANN401 - a type goes in, a value of it comes out
    """The value of type `kind` that `plain` turned into `data`.

    Ignores unknown fields; missing ones get their defaults. When `data` does not fit, raises TypeError or
    ValueError, which names the field.
    """
    return _reader(kind)(data)


@functools.cache
def _reader(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401, PLR0911 - as revive; one return per kind
    """What revives data of this type. Types are looked into once, not for each value."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        some = _reader(next(item for item in arguments if item is not types.NoneType))
        return lambda data: None if data is None and types.NoneType in arguments else some(data)
    if origin in (tuple, frozenset) and arguments[0] in _EXACT:
        return functools.partial(_same_items, origin, arguments[0])
    if origin in (tuple, frozenset):
        return functools.partial(_revive_items, origin, _reader(arguments[0]))
    if origin is Mapping and arguments[1] in _EXACT:
        return functools.partial(_same_values, arguments[1])
    if origin is Mapping:
        return functools.partial(_revive_values, _reader(arguments[1]))
    if dataclasses.is_dataclass(kind):
        return functools.partial(_revive_fields, kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if kind in _EXACT:
        return functools.partial(_same, kind)
    return float if kind is float else lambda data: data


def _revive_items(kind: Callable[[Any], Any], item: Callable[[Any], Any], data: Any) -> Any:  # noqa: ANN401 - as revive
    _require(data, (list, tuple), "a list")
    return kind(map(item, data))


def _revive_values(value: Callable[[Any], Any], data: Any) -> Any:  # noqa: ANN401 - as revive
    _require(data, Mapping, "an object")
    return {key: value(item) for key, item in data.items()}


def _same_items(kind: Callable[[Any], Any], item: type, data: Any) -> Any:  # noqa: ANN401 - as revive
    _require(data, (list, tuple), "a list")
    _all_same(item, data)
    return kind(data)


def _same_values(value: type, data: Any) -> Any:  # noqa: ANN401 - as revive
    _require(data, Mapping, "an object")
    _all_same(value, data.values())
    return dict(data)


def _all_same(kind: type, items: Collection[Any]) -> None:
    """As `_same` of each, which takes long for the thousands of names that a site has after years."""
    if set(map(type, items)) - {kind}:
        for item in items:
            _same(kind, item)


def _same(kind: type, data: Any) -> Any:  # noqa: ANN401 - as revive
    if type(data) is not kind:
        raise TypeError(f"{data!r:.80} is not a {kind.__name__}")
    return data


def _revive_fields(kind: Any, data: Any) -> Any:  # noqa: ANN401 - as revive
    _require(data, Mapping, f"an object with the fields of {kind.__name__}")
    found: dict[str, Any] = {}
    for name, read in _readers(kind):
        if name in data:
            try:
                found[name] = read(data[name])
            except (TypeError, ValueError, OverflowError) as problem:
                raise ValueError(f"{name}: {problem}") from problem
    if missing := _required(kind) - found.keys():
        raise ValueError(f"it has no {', '.join(sorted(missing))}")
    return kind(**found)


def _require(data: object, kind: type | tuple[type, ...], what: str) -> None:
    if not isinstance(data, kind):
        raise TypeError(f"{data!r:.80} is not {what}")


@functools.cache
def _names(kind: Any) -> tuple[str, ...]:  # noqa: ANN401 - a dataclass
    return tuple(field.name for field in dataclasses.fields(kind))


@functools.cache
def _required(kind: Any) -> frozenset[str]:  # noqa: ANN401 - a dataclass
    """The fields that have no default."""
    without = (dataclasses.MISSING, dataclasses.MISSING)
    return frozenset(
        field.name for field in dataclasses.fields(kind) if (field.default, field.default_factory) == without
    )


@functools.cache
def _readers(kind: Any) -> tuple[tuple[str, Callable[[Any], Any]], ...]:  # noqa: ANN401 - a dataclass
    """What revives each field."""
    return tuple((name, _reader(hint)) for name, hint in typing.get_type_hints(kind).items())
