"""Converts records of older ledgers to the current schema, one schema at a time. Pure.

A ledger is never rewritten, so this must stay as long as older ledgers exist. What needs no newer schema is
written in an older one, which older versions of promote read.
"""

from collections.abc import Callable, Mapping
from typing import Any

Fields = dict[str, Any]
# A record's name and its fields.
Named = tuple[str, Fields]
# The schemas of events that schema 4 does not have; and of gates, if they have a leg.
_SINCE = {
    "LegStarted": 5,
    "GateStarted": 5,
    "GateJudged": 5,
    "OutboxOpened": 5,
    "Delivered": 5,
    "Archived": 7,
    "ShardStarted": 7,
    "ShardJudged": 7,
    "FreezePeriodsRead": 8,
}

# Of a stage of the line that takes nothing from a forge, which no older schema can say.
_NOTHING_TAKEN = {"freezes": False, "silence": "known", "approvals": False, "deployments": ""}


def upcast(name: str, fields: Fields, schema: int, today: int) -> Named:
    """Convert a record to the current schema. Raises KeyError for a schema that never existed."""
    for number in range(schema, today):
        name, fields = _STEPS[number](name, fields)
    return name, fields


def oldest(name: str, fields: Fields) -> tuple[int, Fields]:  # noqa: PLR0911 - one return per form
    """The oldest schema from 4 on that can hold an event of today, and its fields in that schema.

    An event of a plan without legs needs nothing of schema 5. One with legs must be of it: an older engine
    would take the plan for one without, and perform it so. A retirement, and a follow-up, must be of schema
    6: an older engine would ignore them. And what an older schema does not have, such as an archive or a
    shard, must not be written in it: it would pass for damage there. A line that takes something from a forge
    must be of schema 8: an older engine would promote in a freeze. The refusal of a rollback by hand
    must be of schema 9: an older engine would call its outcome damage.
    """
    match name, fields:
        case (("GateStarted" | "GateJudged"), {"leg": "", **others}) | (
            "PromotionApproved",
            {"kind": "promote", **others},
        ):
            return 4, others
        case "AttemptEnded", {"untouched": False, "outcome": outcome, **others}:
            return 6 if outcome == "retired" else 4, {**others, "outcome": outcome}
        case "AttemptEnded", _:
            return 9, fields
        case "PlanMade", {"plan": {"legs": [], "retires": False, "follow_up": None, **plan}}:
            return 4, {**fields, "plan": plan}
        case "PlanMade", {"plan": {"retires": False, "follow_up": None, **plan}}:
            return 5, {**fields, "plan": plan}
        case (("PlanMade" | "PromotionApproved"), _) | ("AttemptStarted", {"kind": "retire"}):
            return 6, fields
        case "LineSet", {"line": {"stages": stages}}:
            if any(stage["forge"] != _NOTHING_TAKEN for stage in stages):
                return 8, fields
            without = [{key: value for key, value in stage.items() if key != "forge"} for stage in stages]
            return 4, {**fields, "line": {**fields["line"], "stages": without}}
        case _:
            return _SINCE.get(name, 4), fields


_NAMES_2 = {"PromotionStarted": "AttemptStarted", "PromotionEnded": "AttemptEnded"}
# The order matters: `attempt` must become `number` before `promotion` can become `attempt`.
_FIELDS_2 = (("attempt", "number"), ("promotion", "attempt"), ("returns", "rolls_back"))
_VALUES_2 = {
    "kind": {"return": "rollback"},
    "outcome": {"returned": "rolled_back", "return_failed": "rollback_failed"},
}


def _to_2(name: str, fields: Fields) -> Named:
    """Schema 2 calls promotions, gates and rollbacks attempts; schema 1 called a rollback a return."""
    found = dict(fields)
    for before, after in _FIELDS_2:
        if before in found:
            found[after] = found.pop(before)
    for field, values in _VALUES_2.items():
        if isinstance(written := found.get(field), str):
            found[field] = values.get(written, written)
    return _NAMES_2.get(name, name), found


def _to_3(name: str, fields: Fields) -> Named:
    """Schema 3 has lines, ids of holds, and actors; in schema 2 who placed a hold was plain text."""
    by = fields.get("by")
    return name, {**fields, "by": {"name": by, "proved": False}} if isinstance(by, str) else fields


def _to_4(name: str, fields: Fields) -> Named:
    """Schema 4 adds events and fields, which older records lack; it changes none."""
    return name, fields


def _to_5(name: str, fields: Fields) -> Named:
    """Schema 5 has legs, which older records lack; it changes none."""
    return name, fields


def _to_6(name: str, fields: Fields) -> Named:
    """Schema 6 has retirements and follow-ups, which older records lack; it changes none."""
    return name, fields


def _to_7(name: str, fields: Fields) -> Named:
    """Schema 7 has shards of gates and what was archived, which older records lack; it changes none."""
    return name, fields


def _to_8(name: str, fields: Fields) -> Named:
    """Schema 8 has what a line takes from a forge, which older records lack; it changes none."""
    return name, fields


def _to_9(name: str, fields: Fields) -> Named:
    """Schema 9 has rollbacks by hand that were refused, which in older records failed; it changes none."""
    return name, fields


_STEPS: Mapping[int, Callable[[str, Fields], Named]] = {
    1: _to_2,
    2: _to_3,
    3: _to_4,
    4: _to_5,
    5: _to_6,
    6: _to_7,
    7: _to_8,
    8: _to_9,
}
