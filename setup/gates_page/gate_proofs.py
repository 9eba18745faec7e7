"""What proves a check red: defects that tests put into a standing stage, and tests of its judgement alone."""

import ast
import importlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import wrong_colours
from gate_checks import ROOT, Check

DEFECTS = ROOT / "tests/e2e"
JUDGED = ROOT / "tests/unit/suites"
# The test that has two colours with one thing wrong stand in for real ones.
STOOD_IN = "tests/unit/suites/test_neighbours.py"
# The gate whose checks see the defects of a file that names no other.
USUAL = "smoke"
# A test hands what must not hold to this, or says of what it got what it is not.
UNMET = "unmet"
RED = "failed"
SAID = {"holds", "outcome"}


@dataclass(frozen=True, slots=True)
class Seeded:
    """A defect that a test puts into a standing stage: its name, its file, the checks that must see it.

    One that is not `tried` was never put into one, and proves nothing.
    """

    name: str
    file: str
    seen_by: tuple[str, ...]
    tried: bool = True


def seeded() -> tuple[Seeded, ...]:
    """Return all defects that a check must see, by their files, each once."""
    found: dict[tuple[str, tuple[str, ...]], Seeded] = {}
    paths = [path for path in sorted(DEFECTS.glob("*defects.py")) if not path.stem.startswith("test_")]
    modules = {path: importlib.import_module(path.stem) for path in paths}
    untried = {name for module in modules.values() for name in getattr(module, "UNTRIED", ())}
    for path, module in modules.items():
        for defect in _defects(module):
            seen_by = tuple(_checks(defect, getattr(module, "GATE", USUAL)))
            if seen_by:  # one that no check is to see shows what a stage bears
                file, tried = path.relative_to(ROOT).as_posix(), defect.name not in untried
                seeded = Seeded(defect.name, file, seen_by, tried)
                found.setdefault((defect.name, seen_by), seeded)
    return tuple(found.values())


def seen_by(defects: Sequence[Seeded], known: Collection[str]) -> Mapping[str, tuple[Seeded, ...]]:
    """Return the defects that were tried, by the path of each check that must see them.

    Raises LookupError, naming the defect, if there is no such check.
    """
    found: dict[str, tuple[Seeded, ...]] = {}
    for defect in defects:
        for check in defect.seen_by:
            if check not in known:
                raise LookupError(f"{defect.file}: {defect.name} is seen by {check}, which no gate asks for")
            if defect.tried:
                found[check] = (*found.get(check, ()), defect)
    return found


def judged_red(checks: Sequence[Check]) -> Mapping[str, tuple[str, ...]]:
    """Return, by the path of a check, the test files in which one of its judgements does not hold."""
    paths = sorted(JUDGED.glob("test_*.py"))
    red = {path.relative_to(ROOT).as_posix(): red_in(path) for path in paths}
    crossed = {f"neighbours/{name}" for names in wrong_colours.DEFECTS.values() for name in names}
    found: dict[str, tuple[str, ...]] = {}
    for check in checks:
        files = [file for file, functions in red.items() if functions & check.judged_by]
        found[check.path] = tuple([*files, STOOD_IN] if check.path in crossed else files)
    return found


def _defects(module: ModuleType) -> Iterator[Any]:
    listed = [*getattr(module, "DEFECTS", ()), *vars(module).values()]
    yield from (one for one in listed if type(one).__name__ == "Defect")


def _checks(defect: Any, gate: str) -> Iterator[str]:  # noqa: ANN401 - tests have two kinds of them
    """Yield the paths of the checks that a defect must turn red; inconclusive is not red."""
    if hasattr(defect, "check"):
        yield from [defect.check] if defect.outcome == RED else ()
    else:
        yield from (f"{gate}/{check}" for check in defect.seen_by)


@dataclass(frozen=True, slots=True)
class _Names:
    """What the names of a test module stand for: what it imports, by its full name, and its own functions."""

    imported: Mapping[str, str]
    own: Mapping[str, ast.FunctionDef]

    def called(self, node: ast.AST, inside: frozenset[str] = frozenset()) -> Iterator[str]:
        """Yield the imported functions that are named in it, and in what it names of the module's own."""
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                if part.value.id in self.imported:
                    yield f"{self.imported[part.value.id]}.{part.attr}"
            elif isinstance(part, ast.Name) and part.id in self.imported:
                yield self.imported[part.id]
            elif isinstance(part, ast.Name) and part.id in self.own and part.id not in inside:
                yield from self.called(self.own[part.id], inside | {part.id})


def red_in(path: Path) -> frozenset[str]:
    """Return the functions, by module and name, of whose results a test file says that they do not hold."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    names = _Names(dict(_imported(tree)), own)
    tests = [node for name, node in own.items() if name.startswith("test_")]
    return frozenset(name for test in tests for part in _judged(test) for name in names.called(part))


def _judged(test: ast.FunctionDef) -> Iterator[ast.expr]:
    """Yield what a test says does not hold, and what the names in it were given."""
    results = dict(_assigned(test))
    for what in _unmet(test):
        yield what
        inner = [part.id for part in ast.walk(what) if isinstance(part, ast.Name)]
        yield from (results[name] for name in inner if name in results)


def _unmet(test: ast.AST) -> Iterator[ast.expr]:
    """Yield what a test says does not hold: `unmet(X)`, `not X.holds`, `X.holds is` what a case says."""
    for node in ast.walk(test):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == UNMET:
            yield from node.args
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield from _said(node.operand)
        if isinstance(node, ast.Compare) and not _is_well(node.comparators[0]):
            yield from _said(node.left)


def _said(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.Attribute) and node.attr in SAID:
        yield node.value


def _is_well(node: ast.expr) -> bool:
    """Whether what a result is compared with is that it holds."""
    passed = isinstance(node, ast.Attribute) and node.attr == "PASSED"
    return passed or (isinstance(node, ast.Constant) and node.value is True)


def _assigned(test: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(test):
        if isinstance(node, ast.Assign):
            yield from ((one.id, node.value) for one in node.targets if isinstance(one, ast.Name))


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((one.asname or one.name, f"{node.module}.{one.name}") for one in node.names)
