"""What a migration script does besides adding: found in its syntax tree, without running it. Pure.

A script calls Alembic's operations, SQLAlchemy's statements, and functions of its own or of its project. What
is known to add only is left out; what is not known is reported (`Effect.UNSEEN`), so that a new kind of
operation can't pass unread.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeGuard

from stages.machine.schema_review.statements import effect_of, text_of
from stages.machine.schema_review.syntax import (
    assigned,
    brought_from,
    calls_in,
    chain,
    is_left,
    keyword,
    may_be,
    name_of,
)
from stages.openstack.review import Effect, Operation

LONGEST = 300  # characters of code shown
_CONSTRAINTS = {
    "create_unique_constraint", "create_check_constraint", "create_foreign_key", "create_primary_key",
}  # fmt: skip
_EXECUTES = {"execute", "exec_driver_sql", "scalar", "scalars"}
_WRITES = {
    "update", "insert", "bulk_insert", "bulk_insert_mappings", "bulk_save_objects", "bulk_update_mappings",
}  # fmt: skip
_READS = {"select", "exists"}
_STATEMENTS = _READS | _WRITES | {"delete"}
_LETS_GO = {"CASCADE", "SET NULL"}  # what becomes of a row when the one that it refers to is deleted
_OPERATIONS = {"op", "batch_op"}
_ADDS_ONLY = {"get_bind", "get_context", "f", "batch_alter_table", "inline_literal", "create_table_comment"}
_NEVER_RUNS = {"downgrade", "expand_drop_exceptions", "contract_creation_exceptions"}


def operations(source: str, package: str) -> tuple[Operation, ...]:
    """The operations of a script that are no plain additions, in the order of their lines.

    `package` is the project's own, such as "neutron": what is imported from it is not read.
    """
    script = _Script(ast.parse(source), package)
    return tuple(sorted(script.operations(), key=lambda operation: (operation.line, operation.what)))


class _Script:
    """One script. All its functions count, as any of them may be called by upgrade()."""

    def __init__(self, tree: ast.Module, package: str) -> None:
        self._tree = tree
        self._assigned = assigned(ast.walk(tree))
        self._foreign = brought_from(tree, package)
        self._made = {self._table(call) for call in calls_in(tree) if name_of(call) == "create_table"}

    def operations(self, node: ast.AST | None = None) -> Iterator[Operation]:
        """Those below this node. What is part of an operation that was judged is not looked at again."""
        for inner in ast.iter_child_nodes(node or self._tree):
            if isinstance(inner, ast.FunctionDef) and inner.name in _NEVER_RUNS:
                continue
            if _sets_attribute(inner):  # of a row, which a session then writes
                yield _operation(Effect.WRITES, inner, ast.unparse(inner))
            if isinstance(inner, ast.Call) and name_of(inner) == "create_table":
                yield from self._restricting(inner)
            elif isinstance(inner, ast.Call) and (effect := self._effect(inner)) is not None:
                yield _operation(effect, inner, ast.unparse(inner))
            else:
                yield from self.operations(inner)

    def _restricting(self, table: ast.Call) -> Iterator[Operation]:
        for key in filter(self._restricts, calls_in(table)):
            yield _operation(Effect.RESTRICTS, key, f"{self._table(table)}: {ast.unparse(key)}")

    def _effect(self, call: ast.Call) -> Effect | None:
        name, names = name_of(call), list(chain(call))
        if name in _CONSTRAINTS:
            return Effect.TIGHTENS
        if name in _EXECUTES:
            return self._executing(call)
        judged = {"alter_column": _altering, "add_column": self._adding, "create_index": _indexing}
        if name in judged:
            return judged[name](call)
        unknown = names[-1] in _OPERATIONS and name not in _ADDS_ONLY
        kinds = (
            (name.startswith("drop"), Effect.DROPS),
            (name.startswith("rename"), Effect.RENAMES),
            ("delete" in names, Effect.DELETES),
            (not _WRITES.isdisjoint(names) or _keeps(names), Effect.WRITES),
            (unknown or names[-1] in self._foreign, Effect.UNSEEN),
        )
        return next((effect for applies, effect in kinds if applies), None)

    def _executing(self, call: ast.Call) -> Effect | None:
        """Of what is executed, the effect; None where it only reads, or is found by itself."""
        statement = call.args[0] if call.args else keyword(call, "statement") or keyword(call, "sqltext")
        if statement is None:
            return Effect.UNSEEN
        text = text_of(statement, self._assigned)
        if text is not None:
            return effect_of(text)
        built = self._values(statement)
        return None if built and all(map(_is_statement, built)) else Effect.UNSEEN

    def _adding(self, call: ast.Call) -> Effect | None:
        """A column that old code does not know must be filled without it."""
        inner = calls_in(*(value for part in call.args for value in self._values(part)))
        columns = [one for one in inner if name_of(one) == "Column"]
        if not columns:
            return Effect.UNSEEN
        if any(map(_must_be_filled, columns)):
            return Effect.TIGHTENS
        return Effect.RESTRICTS if any(map(self._restricts, inner)) else None

    def _restricts(self, call: ast.Call) -> bool:
        """Whether it is a foreign key by which old code can't delete a row that new code refers to."""
        if name_of(call) not in {"ForeignKey", "ForeignKeyConstraint"}:
            return False
        texts = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant)]
        referred = {text.split(".")[0] for text in texts if isinstance(text, str) and "." in text}
        on_delete = keyword(call, "ondelete")
        lets_go = isinstance(on_delete, ast.Constant) and on_delete.value in _LETS_GO
        return not lets_go and not (referred and referred <= self._made)

    def _table(self, call: ast.Call) -> str:
        text = text_of(call.args[0], self._assigned) if call.args else None
        return text if text is not None else "a table whose name is computed"

    def _values(self, node: ast.expr) -> Iterable[ast.expr]:
        """The expression itself, or those whose value it may be if it is a name."""
        return self._assigned.get(node.id, ()) if isinstance(node, ast.Name) else [node]


def _keeps(names: Sequence[str]) -> bool:
    """Whether these calls give rows to a session."""
    return names[0] in {"add", "add_all", "merge"} and any("session" in name.lower() for name in names[1:])


def _sets_attribute(node: ast.AST) -> TypeGuard[ast.Assign]:
    return isinstance(node, ast.Assign) and any(isinstance(target, ast.Attribute) for target in node.targets)


def _altering(call: ast.Call) -> Effect | None:
    if not is_left(keyword(call, "new_column_name")):
        return Effect.RENAMES
    if may_be(keyword(call, "nullable"), answer=False) or not is_left(keyword(call, "type_")):
        return Effect.TIGHTENS
    harmless = ("existing_", "nullable", "comment", "schema")
    known = all((given.arg or "?").startswith(harmless) for given in call.keywords)
    return None if known else Effect.CHANGES


def _indexing(call: ast.Call) -> Effect | None:
    return Effect.TIGHTENS if may_be(keyword(call, "unique"), answer=True) else None


def _must_be_filled(column: ast.Call) -> bool:
    """Whether a row without a value for this column may be refused."""
    if may_be(keyword(column, "unique"), answer=True) or may_be(keyword(column, "primary_key"), answer=True):
        return True
    return may_be(keyword(column, "nullable"), answer=False) and is_left(keyword(column, "server_default"))


def _is_statement(node: ast.expr) -> bool:
    return any(not _STATEMENTS.isdisjoint(chain(call)) for call in calls_in(node))


def _operation(effect: Effect, node: ast.expr | ast.stmt, code: str) -> Operation:
    return Operation(effect, node.lineno, " ".join(code.split())[:LONGEST])
