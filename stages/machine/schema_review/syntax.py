"""Calls in a Python script: their names, chains and keywords. Pure."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

Assigned = Mapping[str, Sequence[ast.expr]]  # the values that a script gives to each name


def name_of(call: ast.Call) -> str:
    """What is called, without the suffix of a wrapper by which a project makes an operation repeatable."""
    name = next(chain(call), "")
    return name.removesuffix("_if_not_exists").removesuffix("_if_exists")


def chain(call: ast.Call) -> Iterator[str]:
    """The names of a chain of calls, the last one first: where, delete, table of `table.delete().where()`."""
    node: ast.expr = call
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Attribute):
            yield node.attr
            node = node.value
        else:
            node = node.func
    yield node.id if isinstance(node, ast.Name) else ""


def calls_in(*nodes: ast.AST) -> list[ast.Call]:
    """All calls in these, at any depth."""
    return [inner for node in nodes for inner in ast.walk(node) if isinstance(inner, ast.Call)]


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """The value given for a keyword; None if it is not given."""
    return next((given.value for given in call.keywords if given.arg == name), None)


def is_left(node: ast.expr | None) -> bool:
    """Whether a keyword is not given, or given as None."""
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def may_be(node: ast.expr | None, answer: object) -> bool:
    """Whether a keyword is given and could have this value: what is computed could."""
    return not is_left(node) and (not isinstance(node, ast.Constant) or node.value is answer)


def assigned(nodes: Iterable[ast.AST]) -> Assigned:
    """The values that these statements assign to each plain name, with or without a type."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(node.value)
    return found


def brought_from(tree: ast.Module, package: str) -> set[str]:
    """The names that the script imports from this package, but for that of its translations."""
    modules = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    own = [node for node in modules if (node.module or "").split(".")[0] == package]
    return {alias.asname or alias.name for node in own for alias in node.names} - {"_"}
