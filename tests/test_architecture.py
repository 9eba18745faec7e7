"""The rules of the tree that no linter knows. Who may import whom stands in pyproject.toml."""

import ast
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from stages import roles
from stages.machine import packed

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE, LONGEST_FUNCTION = 300, 45  # lines; of product code and of tests
NAMELESS = {"utils", "util", "helpers", "helper", "manager", "base", "common", "misc"}
# The three rooms, and what each of them may compute with.
TOP_LEVEL_PACKAGES = {"pipeline", "samples", "stages", "suites"}
# What the core may use: nothing of it reads a clock, a file, a network or a random number.
PURE = {
    "__future__", "collections", "dataclasses", "enum", "functools", "hashlib", "itertools", "json", "math",
    "re", "statistics", "types", "typing",
}  # fmt: skip
# What computes with calendars may use these; their clocks stay alone.
CALENDAR = {
    "pipeline/core/cron.py": {"datetime", "dateutil"},
    "pipeline/core/freeze.py": {"datetime", "zoneinfo", "dateutil"},
    "pipeline/core/freeze_period.py": {"datetime", "zoneinfo"},
    "pipeline/core/moments.py": {"datetime"},
}
CLOCKS = {"now", "utcnow", "today"}
REASON = re.compile(r"(ruff: noqa|noqa|type: ignore|pylint: disable|pragma: no cover)\b[^#]*? (-|--|#) \S")
IGNORE = re.compile(r"#\s*(ruff:\s*noqa|noqa|type:\s*ignore)")


def tracked(*patterns: str) -> list[Path]:
    argv = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]
    listed = subprocess.run([*argv, *patterns], capture_output=True, text=True, check=True).stdout
    return sorted(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def comments(path: Path) -> Iterator[tuple[int, str]]:
    with tokenize.open(path) as source:
        for token in tokenize.generate_tokens(source.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements in it, however deep, and none of their expressions, of which there are many more."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield child
            yield from statements(child)


PYTHON = tracked("*.py")


def test_the_core_imports_only_what_cannot_act() -> None:
    wrong = [
        f"{name_of(path)}:{line}: {name}"
        for path in tracked("pipeline/core/*.py", "samples/*.py")
        for line, name in imports(ast.parse(path.read_text()))
        if name.split(".")[0] not in PURE | CALENDAR.get(name_of(path), set())
        and not f"{name}.".startswith(("pipeline.core.", "samples."))
    ]
    assert not wrong


def test_calendars_in_the_core_read_no_clock() -> None:
    for name in CALENDAR:
        tree = ast.parse((ROOT / name).read_text())
        asked = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        assert not asked & CLOCKS, name


def test_what_runs_on_hosts_needs_only_the_standard_library() -> None:
    own = (
        "balancing/leave_rotation.py",
        "machine/host_report.py",
        "openstack/schema_phase.py",
        "openstack/write_stalls.py",
        "roles/database/backup.py",
        "roles/database/data.py",
        "roles/database/member.py",
        "roles/database/proof.py",
        "roles/loadbalancer/haproxy_state.py",
        "roles/loadbalancer/haproxy_watch.py",
        "roles/loadbalancer/old_workers.py",
        "roles/loadbalancer/servers.py",
        "roles/messaging/remnants.py",
    )
    for text in (packed.text(), *((ROOT / "stages" / name).read_text() for name in own)):
        assert {name.split(".")[0] for _, name in imports(ast.parse(text))} <= set(sys.stdlib_module_names)


def test_no_name_of_the_applier_hides_another_when_its_modules_are_one_text() -> None:
    text = ast.parse(packed.text())
    defined = [node.name for node in text.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assigned = [
        name.id
        for node in text.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for name in ast.walk(target)
        if isinstance(name, ast.Name) and name.id != "TYPE_CHECKING"
    ]
    names = [*defined, *assigned]
    assert sorted(set(names)) == sorted(names)
    assert "stages.applier" not in packed.text()
    assert {path.stem for path in tracked("stages/applier/*.py")} == {*packed.MODULES, "__init__"}


def test_only_a_substrate_names_the_program_that_makes_its_hosts() -> None:
    naming = {name_of(path) for path in tracked("stages/*.py") if "podman" in path.read_text().casefold()}
    assert {name for name in naming if not name.startswith("stages/machine/substrates/")} == set()
    assert naming


def test_files_are_short_enough_to_be_read() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in PYTHON}
    assert not {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE}


def test_functions_are_short_enough_to_be_seen_whole() -> None:
    long = [
        f"{name_of(path)}:{node.lineno}: {node.name}"
        for path in PYTHON
        for node in statements(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not long


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {path: {part.removesuffix(".py") for part in path.relative_to(ROOT).parts} for path in PYTHON}
    assert not [name_of(path) for path in PYTHON if NAMELESS & parts[path]]


def test_the_packages_are_the_three_rooms_and_each_folder_in_them_says_what_it_holds() -> None:
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == TOP_LEVEL_PACKAGES
    # A package called fixtures would shadow one that OpenStack's own tests import.
    assert not [path for folder in ("fixtures", "tests") for path in (ROOT / folder).rglob("__init__.py")]
    for folder in {path.parent for room in TOP_LEVEL_PACKAGES for path in tracked(f"{room}/*.py")}:
        assert ast.get_docstring(ast.parse((folder / "__init__.py").read_text())), folder


def test_every_role_folder_is_known_and_loads_under_its_own_name() -> None:
    folders = {path.parent.name.replace("_", "-") for path in tracked("stages/roles/*/role.py")}
    assert folders == set(roles.ROLES)
    assert {name: roles.load(name).name for name in folders} == {name: name for name in folders}


def test_no_two_roles_of_a_tier_share_a_slot() -> None:
    slots = [(role.tier, role.slot) for role in map(roles.load, roles.ROLES)]
    assert len(slots) == len(set(slots))


def test_a_role_brings_its_packages_and_its_templates() -> None:
    for name in roles.ROLES:
        folder = ROOT / "stages/roles" / name.replace("-", "_")
        assert (folder / "debian.txt").is_file()
        assert list((folder / "templates").iterdir())


def test_every_component_of_a_role_is_one_that_suites_know_and_the_other_way_round() -> None:
    known = {path.parent.name.replace("_", "-") for path in tracked("suites/components/*/component.py")}
    assert {component for role in map(roles.load, roles.ROLES) for component in role.components} == known


def test_locks_name_no_host() -> None:
    host = re.compile(r"https?:|://|--(extra-)?index-url|--find-links| @ ")
    files = tracked(
        "requirements/*",
        "stages/machine/images/locks/*",
        "stages/machine/images/*.toml",
        "stages/roles/*/python.txt",
    )
    assert not [name_of(path) for path in files if host.search(path.read_text())]


def test_every_ignored_rule_says_why() -> None:
    wrong = [
        f"{name_of(path)}:{line}: {text}"
        for path in PYTHON
        if IGNORE.search(path.read_text())  # most have none, and need not be taken apart
        for line, text in comments(path)
        if IGNORE.search(text) and not REASON.search(text) and not _explained_above(path, line)
    ]
    assert not wrong


def _explained_above(path: Path, line: int) -> bool:
    return path.read_text().splitlines()[line - 2].strip().startswith("#")


def test_every_ignored_rule_of_the_linters_config_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    rule = re.compile(r'^\s+"[A-Z]+[0-9]*",')
    rules = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.flake8-tidy-imports")]
    lines = rules.splitlines()
    assert not [line for line in lines if rule.match(line) and "#" not in line]
    overrides = text[text.index("[[tool.mypy.overrides]]") : text.index("[tool.pytest")].splitlines()
    assert not [line for line in overrides if line.startswith("ignore") and "#" not in line]


def test_files_end_with_one_newline_and_hold_no_trailing_blanks() -> None:
    wrong = []
    for path in tracked("*.py", "*.md", "*.toml", "*.yaml", "*.yml", "*.sh", "Makefile"):
        text = path.read_text()
        lines = text.split("\n")
        if text and (lines[-1] or (len(lines) > 1 and not lines[-2])):
            wrong.append(f"{name_of(path)}: its end")
        wrong += [f"{name_of(path)}:{n}" for n, line in enumerate(lines, 1) if line != line.rstrip()]
    assert not wrong


def test_the_trees_of_errors_name_every_error() -> None:
    for path in tracked("pipeline/core/errors.py", "stages/errors.py", "suites/errors.py"):
        tree = ast.parse(path.read_text())
        drawn = set(re.findall(r"^[│├└─ ]*([A-Z]\w+)(?: {2}|$)", ast.get_docstring(tree) or "", re.MULTILINE))
        classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
        # A value beside its error; and one that stages draws here and has in stages/config/problems.py.
        elsewhere = {"ConfigProblem", "ConfigProblems"}
        assert drawn - elsewhere == classes - elsewhere, name_of(path)
