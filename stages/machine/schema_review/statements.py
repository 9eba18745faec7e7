"""What a statement of SQL does, as far as a script's text shows it. Pure."""

import ast
import re
from collections.abc import Sequence

from stages.machine.schema_review.syntax import Assigned
from stages.openstack.review import Effect

# The first that matches counts: one statement may do several of them.
_EFFECTS = (
    (r"\bDROP\b", Effect.DROPS),
    (r"\b(DELETE|TRUNCATE)\b", Effect.DELETES),
    (r"\bRENAME\b", Effect.RENAMES),
    (r"\b(NOT NULL|UNIQUE|CHECK)\b", Effect.TIGHTENS),
    (r"\b(ALTER|CREATE|MODIFY|CONVERT)\b", Effect.CHANGES),
    (r"\b(UPDATE|INSERT|REPLACE)\b", Effect.WRITES),
)
_HARMLESS = re.compile(r"\s*(SELECT|SHOW|DESCRIBE|PRAGMA|SET)\b", re.IGNORECASE)


def effect_of(sql: str) -> Effect | None:
    """What the statement does; None if it only reads, UNSEEN if it is of no known kind."""
    for pattern, effect in _EFFECTS:
        if re.search(pattern, sql, re.IGNORECASE):
            return effect
    return None if _HARMLESS.match(sql) else Effect.UNSEEN


def text_of(node: ast.expr, assigned: Assigned) -> str | None:
    """The fixed text of an expression that makes a string, without what is filled in; None if there is none.

    Of several values that a name gets, all texts are taken together.
    """
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        assigned, parts = {**assigned, node.id: ()}, assigned.get(node.id, ())
    else:
        parts = _parts(node)
    texts = [text_of(part, assigned) for part in parts]
    # Of a text that is known only in part, the rest could do anything.
    return None if not texts or None in texts else " ".join(text for text in texts if text)


def _parts(node: ast.expr) -> Sequence[ast.expr]:
    """The expressions of which a text is made; empty if this makes none that is known."""
    match node:
        case ast.JoinedStr(values=values):
            return [value for value in values if isinstance(value, ast.Constant)]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [left, right]
        case (
            ast.BinOp(left=inner, op=ast.Mod())
            | ast.Call(func=ast.Attribute(value=inner, attr="format"))
            | ast.Call(func=ast.Name(id="text") | ast.Attribute(attr="text"), args=[inner, *_])
        ):
            return [inner]
        case _:
            return []
