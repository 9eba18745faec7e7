"""Records of older ledgers in the words of today, one schema after the other. Pure.

A ledger is never rewritten: what was recorded stays, and is read so for as long as there are such ledgers.
"""

from collections.abc import Callable, Mapping
from typing import Any

Fields = dict[str, Any]
# A record's name and its fields.
Named = tuple[str, Fields]


def upcast(name: str, fields: Fields, schema: int, today: int) -> Named:
    """The record as a ledger of today's schema would have it. Raises KeyError for a schema that never was."""
    for number in range(schema, today):
        name, fields = _STEPS[number](name, fields)
    return name, fields


_NAMES_2 = {"PromotionStarted": "AttemptStarted", "PromotionEnded": "AttemptEnded"}
# In this order: what was the number of an attempt frees the word for the attempt itself.
_FIELDS_2 = (("attempt", "number"), ("promotion", "attempt"), ("returns", "rolls_back"))
_VALUES_2 = {
    "kind": {"return": "rollback"},
    "outcome": {"returned": "rolled_back", "return_failed": "rollback_failed"},
}


def _to_2(name: str, fields: Fields) -> Named:
    """Attempt is what is a promotion, a gate or a rollback; a rollback was called return."""
    found = dict(fields)
    for before, after in _FIELDS_2:
        if before in found:
            found[after] = found.pop(before)
    for field, values in _VALUES_2.items():
        if field in found:
            found[field] = values.get(found[field], found[field])
    return _NAMES_2.get(name, name), found


_STEPS: Mapping[int, Callable[[str, Fields], Named]] = {1: _to_2}
